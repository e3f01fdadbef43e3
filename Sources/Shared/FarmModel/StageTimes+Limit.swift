extension StageTimes {
    /// The stage that keeps the others waiting, as inference saw it: the device, unless that waits for more than a tenth of its time.
    public enum Limit: String, Codable, Hashable, Sendable {
        case decoding, network, encoding
    }

    /// nil where nothing was measured.
    public var limit: Limit? {
        let waited = inference.starved + inference.blocked
        guard inference.busy + waited > 0 else { return nil }
        guard waited > 0.1 * (inference.busy + waited) else { return .network }
        return inference.blocked >= inference.starved ? .encoding : .decoding
    }
}
