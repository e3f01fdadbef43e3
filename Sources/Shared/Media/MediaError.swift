internal import CLibAV
internal import Foundation

/// What was attempted, on what, why it failed; with the library's own text.
public struct MediaError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// The source cannot be used as it is.
        case source
        /// Settings ask for what an encoder or container cannot do.
        case settings
        /// The output cannot be written.
        case output
        /// A codec or library call failed.
        case codec
    }

    public var kind: Kind
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// A libav call that answered `code`.
    init(_ kind: Kind, _ attempted: String, code: Int32) {
        self.init(kind, "\(attempted): \(libavText(code))")
    }

    public var description: String { message }
}

/// libav's text for an error code.
func libavText(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    av_strerror(code, &buffer, buffer.count)
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Throws where a libav call answered a negative number; otherwise passes the answer on.
@discardableResult
func check(_ code: Int32, _ kind: MediaError.Kind, _ attempted: @autoclosure () -> String) throws -> Int32 {
    guard code >= 0 else { throw MediaError(kind, attempted(), code: code) }
    return code
}
