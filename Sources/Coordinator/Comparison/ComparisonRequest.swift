/// What is compared.
public struct ComparisonRequest: Codable, Hashable, Sendable {
    /// Paths of the films.
    public var a: String
    public var b: String
    /// The film that both were made from, of their size; nil: b takes its place.
    public var reference: String?
    /// First frames of a's segments; nil: as its keyframes tell.
    public var borders: [Int]?

    public init(a: String, b: String, reference: String? = nil, borders: [Int]? = nil) {
        (self.a, self.b, self.reference, self.borders) = (a, b, reference, borders)
    }
}
