/// Who may talk over an endpoint. It fails closed: an endpoint that a network can reach is refused without keys.
public enum EndpointSecurity: Hashable, Sendable {
    /// `ipc://` only; the directory's permissions decide who gets in. CURVE keys will be another case.
    case localOnly

    /// - Throws: `MessagingError.insecure`
    func permit(_ address: EndpointAddress) throws {
        switch self {
        case .localOnly:
            guard !address.isOpenToNetwork else { throw MessagingError.insecure(endpoint: "\(address)") }
        }
    }
}
