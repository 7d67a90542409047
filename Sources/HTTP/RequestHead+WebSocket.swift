extension RequestHead {
    /// The value of the client's key; empty where there is none.
    package func webSocketKey(_ bytes: Span<UInt8>) -> ByteRange {
        let name = "sec-websocket-key"
        for index in 0..<fields.count {
            let line = fields[index]
            if !line.isRemoved, TrailerName.begins(bytes, line.name, with: name),
                line.name.count == name.utf8.count
            {
                return line.value
            }
        }
        return .empty
    }
}
