/// What the holder of a key may do.
public enum Role: String, Codable, Hashable, Sendable, CaseIterable {
    /// Takes leases, delivers segments.
    case worker
    /// Submits films, fetches results, acts on its own jobs.
    case client
    /// Acts on every job and on workers.
    case `operator`
}
