internal import CDashboard

/// The files of the dashboard's page. They stand in `Page` and are part of the binary.
package enum DashboardFile: String, CaseIterable, Sendable {
    case index = "index.html"
    case style = "style.css"
    case icon = "icon.svg"
    case main = "main.js"
    case feed = "feed.js"
    case diagram = "diagram.js"
    case charts = "charts.js"
    case controls = "controls.js"
    case panels = "panels.js"
    case words = "words.js"
    case tools = "tools.js"

    /// Where it is served: the page itself at `/`.
    package var path: String { self == .index ? "/" : "/dashboard/\(rawValue)" }

    /// Its media type.
    package var contentType: String {
        switch rawValue.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "text/javascript; charset=utf-8"
        }
    }

    /// Its bytes.
    package var bytes: [UInt8] { Self.contents[self] ?? [] }

    /// Read once: the binary gives them byte by byte.
    private static let contents: [DashboardFile: [UInt8]] = {
        var contents: [DashboardFile: [UInt8]] = [:]
        for (number, file) in allCases.enumerated() {
            let size = max(0, sluice_dashboard_size(CInt(number)))
            contents[file] = (0..<size).map {
                UInt8(truncatingIfNeeded: sluice_dashboard_byte(CInt(number), $0))
            }
        }
        return contents
    }()
}
