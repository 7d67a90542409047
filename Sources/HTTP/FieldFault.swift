/// What can be wrong with the fields of a message, in either direction.
package enum FieldFault: Equatable, Sendable, CaseIterable {
    case ambiguousFraming
    case badContentLength
    case badFieldName
    case badFieldValue
    case badTransferEncoding
    case bareCarriageReturn
    case bareLineFeed
    case foldedLine
    case tooManyConnectionOptions
    case tooManyFields
    case transferEncodingInHTTP10
    case unsupportedTransferCoding
    case whiteSpaceBeforeColon

    /// A stable word for programs.
    package var kind: StaticString {
        switch self {
        case .ambiguousFraming: "ambiguous_framing"
        case .badContentLength: "bad_content_length"
        case .badFieldName: "bad_field_name"
        case .badFieldValue: "bad_field_value"
        case .badTransferEncoding: "bad_transfer_encoding"
        case .bareCarriageReturn: "bare_cr"
        case .bareLineFeed: "bare_lf"
        case .foldedLine: "folded_line"
        case .tooManyConnectionOptions: "too_many_connection_options"
        case .tooManyFields: "too_many_fields"
        case .transferEncodingInHTTP10: "transfer_encoding_in_http10"
        case .unsupportedTransferCoding: "unsupported_transfer_coding"
        case .whiteSpaceBeforeColon: "white_space_before_colon"
        }
    }

    /// A sentence for people, without quotes, to stand in JSON as it is.
    package var message: StaticString {
        switch self {
        case .ambiguousFraming:
            "The length of the body is given in two ways that may differ."
        case .badContentLength:
            "Content-Length is not a decimal number that fits into 63 bits."
        case .badFieldName:
            "A field name is empty or holds a character that names must not have."
        case .badFieldValue:
            "A field value holds a control character."
        case .badTransferEncoding:
            "Transfer-Encoding does not end in chunked, or names it twice."
        case .bareCarriageReturn:
            "A carriage return is not followed by a line feed."
        case .bareLineFeed:
            "A line ends in a line feed without a carriage return."
        case .foldedLine:
            "A field line begins with white space; folded lines are obsolete."
        case .tooManyConnectionOptions:
            "Connection names too many fields."
        case .tooManyFields:
            "There are too many field lines."
        case .transferEncodingInHTTP10:
            "HTTP/1.0 has no Transfer-Encoding."
        case .unsupportedTransferCoding:
            "Transfer-Encoding names a coding other than chunked."
        case .whiteSpaceBeforeColon:
            "White space stands between a field name and its colon."
        }
    }
}
