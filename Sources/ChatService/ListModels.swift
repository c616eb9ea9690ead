import Contracts
import GRPC

extension ChatAPI {
  /// Lists the provider's models, the default first.
  public func listModels(
    request: Farebox_Chat_V1_ListModelsRequest, context: ServerContext
  ) async throws -> Farebox_Chat_V1_ListModelsResponse {
    var answer = Farebox_Chat_V1_ListModelsResponse()
    answer.models = provider.models.map { description in
      var model = Farebox_Chat_V1_Model()
      model.name = description.name
      model.maxOutputTokens = Int32(clamping: description.maxOutputTokens)
      return model
    }
    return answer
  }
}
