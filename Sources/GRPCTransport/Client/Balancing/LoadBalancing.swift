/// How a transport spreads its calls over the addresses of its target.
public enum LoadBalancing: Sendable, Hashable {
  /// One connection, to the first address that answers; the next one is tried after a failure, or
  /// 250 ms later beside the first. It is made when a call needs it.
  case pickFirst
  /// One connection to each address, made with the first call and kept; calls take turns over those
  /// that are ready.
  case roundRobin
}
