import Settings

@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    let (errors, warnings) = SettingsReader.check(
        "sluice.yaml", environment: ["NAME": "value"],
        files: { path in
            path == "sluice.yaml"
                ? .success(bytes) : .failure(FileFault(message: "no such file"))
        })
    for error in errors + warnings {
        precondition(error.line > 0 && error.column > 0 && !error.message.isEmpty)
    }
    return 0
}
