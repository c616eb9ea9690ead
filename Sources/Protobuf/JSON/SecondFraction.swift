/// The fraction of a second with its point: none, or 3, 6 or 9 digits.
func fractionText(nanos: Int32) -> String {
  guard nanos != 0 else { return "" }
  let all = String(1_000_000_000 + Int64(nanos)).dropFirst()
  if nanos % 1_000_000 == 0 { return "." + all.prefix(3) }
  if nanos % 1_000 == 0 { return "." + all.prefix(6) }
  return "." + all
}
