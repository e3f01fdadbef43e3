internal import CCompare
internal import Media

/// Calls into the shim, whose failures become errors.
enum CompareCall {
    /// - Parameter attempted: what failed, where it does.
    /// - Throws: `MediaError` with OpenCV's own words.
    static func check(
        _ attempted: String, _ call: (UnsafeMutablePointer<CChar>, Int) -> cc_status
    ) throws {
        var text = [CChar](repeating: 0, count: 512)
        let status = text.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { call($0, buffer.count) } ?? CC_FAILED
        }
        guard status != CC_OK else { return }
        let words = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        throw MediaError(.codec, "\(attempted): \(words)")
    }
}
