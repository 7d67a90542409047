/// What may stand behind a key, as far as one value tells it by itself: what other keys have to do
/// with it only the reader knows.
indirect enum KeyForm: Sendable {
    /// Any text.
    case text
    /// A text that an expression of JavaScript's dialect matches as a whole, as schemas write it.
    case pattern(String)
    case words([String])
    /// A path, from the folder of the file.
    case path
    /// The name of a listener, an upstream or a split.
    case name
    /// A whole number with its unit; `from`: the least, 0 or 1 of any unit.
    case duration(from: Int)
    /// Whole bytes, or with a unit.
    case size
    case whole(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case percent(ClosedRange<Int>)
    case flag
    /// Weights by name.
    case weights
    /// The long form of a split, or its weights alone.
    case split
    /// The mapping whose keys the table of that place has.
    case table(String)
    /// A section of as many names at most, of listeners, upstreams or splits.
    case byName(KeyForm, Int)
    /// A mapping of any names to values; `nil`: at least one, without a bound that is told.
    case named(KeyForm, ClosedRange<Int>?)
    /// A list; `nil`: of any length.
    case list(KeyForm, ClosedRange<Int>?)
    /// One value, or a list of them.
    case some(KeyForm, ClosedRange<Int>)
    case either([KeyForm])

    /// HOST:PORT.
    static let address = pattern(#"(\*|\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):[0-9]{1,5}"#)
    /// An address, or one and how many of its bits count.
    static let addressRange = pattern("[0-9A-Fa-f:.]+(/[0-9]{1,3})?")
    /// An address of an Admin API.
    static let url = pattern(#"https?://[^\s?#]+"#)
    /// The begin of a request's target.
    static let requestPath = pattern(#"/[\x21-\x22\x24-\x7e]*"#)
    /// A method and an exact path.
    static let allowedRequest = pattern(#"[A-Z]+ /\S*"#)
    static let method = pattern("[A-Z!#$%&'*+.^_`|~0-9-]+")
    /// Where an access log goes: a word alone is no path.
    static let destination = pattern(#"stdout|.*[/.].*"#)
    static let stickyKey = pattern("client_ip|(header|cookie):.+")
    /// A status, or a range of them.
    static let status = either([
        .whole(Limits.finalStatuses), .pattern("[2-5][0-9][0-9]-[2-5][0-9][0-9]"),
    ])
    /// The name of a user or a group, or its number, which looks like one to others.
    static let identity = either([.pattern(#"[^\s:/]+"#), .whole(0...Int(UInt32.max))])
    /// Bits in octal, which look like a number to others where they are not quoted.
    static let permissions = either([.pattern("[0-7]{3,4}"), .whole(0...777)])
    /// A percentage with its sign, up to nine digits behind the point.
    static let share = pattern(#"[0-9]{1,9}(\.[0-9]{1,9})?%"#)
    static let kindOfHealth = words(HealthSettings.Kind.allCases.map(\.rawValue))
}
