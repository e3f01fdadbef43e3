/// What was attempted with a model file, and why it failed.
public struct ModelError: Error, Hashable, CustomStringConvertible {
    public var message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
}
