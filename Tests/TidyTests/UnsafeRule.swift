/// Unsafe memory is touched inside four targets only, so that a reader knows where to look.
enum UnsafeRule {
    static let fences: Set = ["Bytes", "HTTP2", "Kernel", "TLS"]

    static func findings(in file: SourceFile) -> [Finding] {
        guard let target = file.target, !fences.contains(target) else { return [] }
        return file.tokens.compactMap { token in
            guard isUnsafe(token.text) else { return nil }
            let what = "\(token.text) outside of \(fences.sorted().joined(separator: ", "))"
            return Finding(path: file.path, line: token.line, what: what)
        }
    }

    private static func isUnsafe(_ word: String) -> Bool {
        let prefixes = ["Unsafe", "Unmanaged", "OpaquePointer", "withUnsafe", "unsafeBitCast"]
        return word == "unsafe" || prefixes.contains { word.hasPrefix($0) }
    }
}
