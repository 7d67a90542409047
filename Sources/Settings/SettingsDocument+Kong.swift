extension SettingsDocument {
    /// Whether an upstream's targets are Kongs. YAML's other words for it are for nobody.
    mutating func readKong(_ field: Field?) -> Bool? {
        value(field, expected: "true or false") { ["true": true, "false": false][$0] }
    }
}
