import Contracts
import Conversation
import GRPC
import GRPCServices
import Identity
import Interceptors
import Logging

extension ChatAPI {
  /// Streams one answer and ends with its receipt. See the contract for effect and refusals.
  public func chat(
    request: Farebox_Chat_V1_ChatRequest, response: RPCWriter<Farebox_Chat_V1_ChatResponse>,
    context: ServerContext
  ) async throws {
    let principal = try context.requirePrincipal()
    let turn = try makeTurn(request, account: principal.subject)
    let result: Turn.Result
    do {
      result = try await turn.run(provider: provider, gate: gate) { chunk in
        var delta = Farebox_Chat_V1_Delta()
        delta.text = chunk.text
        delta.tokens = chunk.tokens
        var message = Farebox_Chat_V1_ChatResponse()
        message.event = .delta(delta)
        try await response.write(message)
      }
    } catch {
      logger.info(
        "chat denied",
        metadata: ["account": "\(turn.account)", "turn": "\(turn.id)", "denial": "\(error.label)"])
      throw error.rpcError(account: turn.account)
    }
    var message = Farebox_Chat_V1_ChatResponse()
    message.event = .end(Farebox_Chat_V1_End(result, of: turn))
    try await response.write(message)
  }

  /// Turns the request into a turn. Refusals in contract order.
  private func makeTurn(
    _ request: Farebox_Chat_V1_ChatRequest, account: String
  ) throws(RPCError) -> Turn {
    guard !request.prompt.isEmpty else {
      throw .invalidArgument(field: "prompt", description: "is required")
    }
    guard request.prompt.utf8.count <= ChatLimits.promptBytesMax else {
      throw .invalidArgument(
        field: "prompt", description: "must be at most \(ChatLimits.promptBytesMax) bytes")
    }
    guard let model = findModel(request.model) else {
      throw RPCError(
        code: .notFound, message: "no model is called \"\(request.model.prefix(64))\"",
        reason: "UNKNOWN_MODEL", domain: "farebox")
    }
    let limit = request.maxOutputTokens == 0 ? ChatLimits.outputTokensDefault
      : Int64(request.maxOutputTokens)
    guard (1...ChatLimits.outputTokensMax).contains(limit) else {
      throw .invalidArgument(
        field: "max_output_tokens", description: "must be 1 to \(ChatLimits.outputTokensMax)")
    }
    guard request.sessionID.isEmpty || isIdentifier(request.sessionID) else {
      throw .invalidArgument(
        field: "session_id", description: "must be [A-Za-z0-9_.:-]{1,64}")
    }
    let id = ids.next()
    return Turn(
      account: account, model: model.name, prompt: request.prompt,
      maxOutputTokens: min(limit, model.maxOutputTokens),
      session: request.sessionID.isEmpty ? id : request.sessionID, id: id)
  }

  private func findModel(_ name: String) -> ModelDescription? {
    name.isEmpty ? provider.models.first : provider.models.first { $0.name == name }
  }
}

/// What a request of chat may ask for.
enum ChatLimits {
  static let promptBytesMax = 256 << 10
  static let outputTokensDefault: Int64 = 256
  static let outputTokensMax: Int64 = 100_000
}

extension Farebox_Chat_V1_End {
  fileprivate init(_ result: Turn.Result, of turn: Turn) {
    self.init()
    switch result.reason {
    case .complete: reason = .complete
    case .cancelled: reason = .cancelled
    case .exhausted: reason = .exhausted
    case .unreachable: reason = .unreachable
    case .providerError: reason = .providerError
    }
    inputTokens = result.inputTokens
    outputTokens = result.outputTokens
    model = turn.model
    sessionID = turn.session
    guard let receipt = result.receipt else { return }
    chargedMicros = receipt.chargedMicros
    usageID = receipt.usageID
    availableMicros = receipt.availableMicros
  }
}
