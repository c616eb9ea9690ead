import ContractGen
import Testing

@Suite struct PluginOptionsTests {
  @Test("no parameter means the defaults")
  func defaults() throws {
    let options = try PluginOptions(parameter: "")
    #expect(options == PluginOptions())
    #expect(options.visibility == .internal)
    #expect(options.server && options.client && options.messages && options.reflectionData)
    #expect(options.fileNaming == .fullPath)
  }

  @Test("every option is read")
  func all() throws {
    let options = try PluginOptions(
      parameter: "Visibility=Public,Server=false, Client = False ,Messages=false,"
        + "ReflectionData=false,FileNaming=DropPath,ExtraModuleImports=A,ExtraModuleImports=B_2,InsideRuntime=true")
    #expect(options.visibility == .public)
    #expect(!options.server && !options.client && !options.messages && !options.reflectionData)
    #expect(options.fileNaming == .dropPath)
    #expect(options.extraModuleImports == ["A", "B_2"])
    #expect(options.insideRuntime)
  }

  @Test(
    "what is not understood is an error that names it",
    arguments: [
      ("Servre=true", "unknown option 'Servre'"),
      ("Server", "option 'Server' needs a value"),
      ("Server=yes", "'yes' is neither true nor false"),
      ("Visibility=open", "unknown value 'open'; known are public, internal, package"),
      ("FileNaming=Flat", "unknown value 'Flat'"),
      ("ExtraModuleImports=", "'' is not a module name"),
      ("ExtraModuleImports=A;import B", "is not a module name"),
      ("=x", "has no name"),
    ])
  func errors(parameter: String, message: String) {
    let error = #expect(throws: GenerationError.self) { try PluginOptions(parameter: parameter) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "no error")")
  }
}
