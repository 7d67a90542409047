/// A collection of the Admin API.
package enum EntityKind: String, Sendable, CaseIterable {
    case services, routes, plugins, consumers, upstreams, targets, certificates
    case keys = "key-auths"

    /// Fields that an entity of it may have, beside id, created_at, updated_at and tags.
    var fields: Set<String> {
        switch self {
        case .services:
            [
                "name", "protocol", "host", "port", "path", "retries", "connect_timeout",
                "read_timeout", "write_timeout", "enabled", "ca_certificates",
                "client_certificate", "tls_verify", "tls_verify_depth", "url",
            ]
        case .routes:
            [
                "name", "protocols", "methods", "hosts", "paths", "headers", "snis", "sources",
                "destinations", "strip_path", "preserve_host", "regex_priority",
                "path_handling", "https_redirect_status_code", "request_buffering",
                "response_buffering", "service",
            ]
        case .plugins:
            [
                "name", "config", "service", "route", "consumer", "protocols", "enabled",
                "instance_name",
            ]
        case .consumers: ["username", "custom_id"]
        case .upstreams:
            [
                "name", "algorithm", "hash_on", "hash_fallback", "slots", "healthchecks",
                "host_header", "hash_on_header", "hash_fallback_header", "use_srv_name",
            ]
        case .targets: ["target", "weight", "upstream"]
        case .certificates: ["cert", "key", "snis", "cert_alt", "key_alt"]
        case .keys: ["key", "consumer", "ttl"]
        }
    }

    /// What an entity must have to be made.
    var required: [String] {
        switch self {
        case .services: ["host"]
        case .routes, .consumers: []
        case .plugins, .upstreams: ["name"]
        case .targets: ["target"]
        case .certificates: ["cert", "key"]
        case .keys: []
        }
    }

    /// The field by which an entity can be named in a path, and of which there is one of each.
    var nameField: String? {
        switch self {
        case .services, .routes, .upstreams: "name"
        case .consumers: "username"
        case .keys: "key"
        case .targets: "target"
        case .plugins, .certificates: nil
        }
    }

    /// The entities that another one points to, by the name of the field.
    static let references: [String: EntityKind] = [
        "service": .services, "route": .routes, "consumer": .consumers, "upstream": .upstreams,
    ]

    /// What belongs to an entity of it and is reached below its path.
    var children: [String: (kind: EntityKind, field: String)] {
        switch self {
        case .services: ["routes": (.routes, "service"), "plugins": (.plugins, "service")]
        case .routes: ["plugins": (.plugins, "route")]
        case .consumers: ["plugins": (.plugins, "consumer"), "key-auth": (.keys, "consumer")]
        case .upstreams: ["targets": (.targets, "upstream")]
        case .plugins, .targets, .certificates, .keys: [:]
        }
    }

    /// What Kong puts in where nothing is said.
    var presets: [String: JSON] {
        switch self {
        case .services:
            [
                "protocol": "http", "port": 80, "retries": 5, "connect_timeout": 60_000,
                "read_timeout": 60_000, "write_timeout": 60_000, "enabled": true,
                "path": .null, "name": .null,
            ]
        case .routes:
            [
                "protocols": ["http", "https"], "strip_path": true, "preserve_host": false,
                "regex_priority": 0, "path_handling": "v0", "https_redirect_status_code": 426,
                "request_buffering": true, "response_buffering": true, "name": .null,
                "methods": .null, "hosts": .null, "paths": .null, "service": .null,
            ]
        case .plugins:
            [
                "enabled": true, "protocols": ["grpc", "grpcs", "http", "https"], "config": [:],
                "service": .null, "route": .null, "consumer": .null,
            ]
        case .consumers: ["username": .null, "custom_id": .null]
        case .upstreams: ["algorithm": "round-robin", "slots": 10_000, "hash_on": "none"]
        case .targets: ["weight": 100]
        case .certificates, .keys: [:]
        }
    }

    static let bundledPlugins: Set<String> = [
        "key-auth", "rate-limiting", "request-termination", "prometheus", "correlation-id",
        "cors", "basic-auth", "acl", "file-log", "http-log", "request-transformer",
        "response-transformer", "ip-restriction", "request-size-limiting", "jwt",
    ]
}
