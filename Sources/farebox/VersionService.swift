import Contracts
import GRPC

/// `farebox.version.v1.VersionService`: what runs behind a listener.
struct VersionService: Farebox_Version_V1_VersionService.SimpleServiceProtocol,
  Farebox_Version_V1_VersionService.Method.GetVersion.Synchronous
{
  /// The service behind the listener.
  let name: String

  func getVersion(
    request: Farebox_Version_V1_GetVersionRequest, context: ServerContext
  ) throws -> Farebox_Version_V1_GetVersionResponse {
    var answer = Farebox_Version_V1_GetVersionResponse()
    answer.name = name
    answer.version = BuildVersion.number
    answer.commit = BuildVersion.commit
    answer.apiVersion = "v1"
    return answer
  }
}
