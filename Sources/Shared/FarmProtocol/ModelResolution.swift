public import FarmModel

/// What `worker models --resolve` prints: the model that was meant, or why there is none.
public struct ModelResolution: Codable, Hashable, Sendable {
    public var model: ModelReference?
    public var error: String?

    public init(model: ModelReference) { self.model = model }
    public init(error: String) { self.error = error }
}
