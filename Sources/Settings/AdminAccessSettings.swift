/// Where an upstream's Admin API is, for reading.
package struct AdminAccessSettings: Sendable, Equatable {
    /// `http://HOST:PORT` or `https://HOST:PORT`, a path behind it or none; no `/` at the end.
    package var url: String
    /// The file with what is sent as Kong-Admin-Token; nil: none is sent.
    package var tokenFile: String?
    /// The PEM file of the certificates that the server's is checked against; nil: those that the
    /// system trusts.
    package var ca: String?
    /// From the begin of one reading to the begin of the next.
    package var intervalMilliseconds: Int

    /// An Admin API that is read every 30 s, unless said.
    package init(
        url: String, tokenFile: String? = nil, ca: String? = nil,
        intervalMilliseconds: Int = 30_000
    ) {
        self.url = url
        self.tokenFile = tokenFile
        self.ca = ca
        self.intervalMilliseconds = intervalMilliseconds
    }
}
