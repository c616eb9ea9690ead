import ArgumentParser

/// What is printed.
struct OutputFlags: ParsableArguments {
  @Flag(help: "Also print fields that have their default value.")
  var emitDefaults = false

  @Flag(help: "With describe: also print a request to fill in, as JSON.")
  var msgTemplate = false

  @Flag(help: "Print the failure of a call as JSON (google.rpc.Status).")
  var formatError = false

  @Flag(name: .customShort("v"), help: "Also print the method, headers, trailers and counts.")
  var verbose = false
}
