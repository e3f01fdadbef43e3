internal import CLibAV
internal import Foundation

/// Catches what libav logs: nothing is printed, but the last warning or error is kept, so that an error can carry
/// the library's own words ("moov atom not found") and not only its code ("Invalid data found").
///
/// Lines are kept a thread, and, because decoders log from threads of their own, a `Sink` where one is registered.
enum LibAVLog {
    /// Collects the errors (not the warnings) of one codec context, from whichever thread.
    // Sendable by hand: the lock guards both fields.
    final class Sink: @unchecked Sendable {
        private let lock = NSLock()
        private var text: String?
        private var refusal: String?

        func put(_ line: String) { lock.withLock { text = line } }
        /// The last line since the last call.
        func take() -> String? {
            lock.withLock {
                defer { text = nil }
                return text
            }
        }

        /// Why the pictures that libavcodec could give were refused: the first reason counts, whatever is logged behind it.
        func refuse(_ reason: String) { lock.withLock { refusal = refusal ?? reason } }
        func takeRefusal() -> String? {
            lock.withLock {
                defer { refusal = nil }
                return refusal
            }
        }
    }

    /// Catches libav's log from now on; further calls change nothing.
    static func install() { _ = installed }

    /// This thread's last line since the last call.
    @discardableResult
    static func take() -> String? {
        defer { ThreadLine.current.texts = [] }
        return ThreadLine.current.texts.last
    }

    /// This thread's last lines since the last call, in their order: of those who say the reason first, and then what they think of it.
    static func takeAll() -> String? {
        defer { ThreadLine.current.texts = [] }
        return ThreadLine.current.texts.isEmpty ? nil : ThreadLine.current.texts.joined(separator: "; ")
    }

    /// Routes the lines of codec contexts whose `opaque` is the answer to `sink`, until `unregister`. The number
    /// is looked up, never followed: contexts with an `opaque` of other meaning do no harm.
    static func register(_ sink: Sink) -> UnsafeMutableRawPointer? { sinks.add(sink) }
    static func unregister(_ token: UnsafeMutableRawPointer?) { sinks.remove(token) }

    /// The sink that was registered for the codec context with this `opaque`.
    static func sink(_ token: UnsafeMutableRawPointer?) -> Sink? { sinks[token] }

    private static let sinks = Sinks()

    private static let installed: Void = av_log_set_callback { object, level, format, arguments in
        guard level <= AV_LOG_WARNING, let format, let arguments else { return }
        var buffer = [CChar](repeating: 0, count: 512)
        var atLineStart: Int32 = 1
        av_log_format_line2(object, level, format, arguments, &buffer, Int32(buffer.count), &atLineStart)
        let line = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        guard !line.isEmpty else { return }
        LibAVLog.keep(line, level: level, from: object)
    }

    private static func keep(_ line: String, level: Int32, from object: UnsafeMutableRawPointer?) {
        // "[h264 @ 0x55…] text": the address helps nobody.
        let line = line.replacing(#/ @ 0x[0-9a-f]+\]/#, with: "]")
        ThreadLine.current.put(line)
        guard level <= AV_LOG_ERROR, let object, object.load(as: UnsafePointer<AVClass>?.self) == avcodec_get_class()
        else { return }
        sinks[object.assumingMemoryBound(to: AVCodecContext.self).pointee.opaque]?.put(line)
    }
}

/// The sinks by the token that their codec contexts carry.
// Sendable by hand: the lock guards both fields.
private final class Sinks: @unchecked Sendable {
    private let lock = NSLock()
    private var byToken: [UInt: LibAVLog.Sink] = [:]
    private var last: UInt = 0

    func add(_ sink: LibAVLog.Sink) -> UnsafeMutableRawPointer? {
        lock.withLock {
            last += 1
            byToken[last] = sink
            return UnsafeMutableRawPointer(bitPattern: last)
        }
    }

    func remove(_ token: UnsafeMutableRawPointer?) {
        lock.withLock { byToken[UInt(bitPattern: token)] = nil }
    }

    subscript(token: UnsafeMutableRawPointer?) -> LibAVLog.Sink? {
        lock.withLock { byToken[UInt(bitPattern: token)] }
    }
}

/// One thread's last lines, freed with the thread.
private final class ThreadLine {
    var texts: [String] = []

    func put(_ line: String) { texts = texts.suffix(Self.most - 1) + [line] }
    private static let most = 3

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key) { pointer in
            if let pointer { Unmanaged<ThreadLine>.fromOpaque(pointer).release() }
        }
        return key
    }()

    static var current: ThreadLine {
        if let pointer = pthread_getspecific(key) {
            return Unmanaged<ThreadLine>.fromOpaque(pointer).takeUnretainedValue()
        }
        let line = ThreadLine()
        pthread_setspecific(key, Unmanaged.passRetained(line).toOpaque())
        return line
    }
}

extension MediaError {
    /// A libav call that answered `code`, with the last line that it logged on this thread, where that says more.
    init(_ kind: Kind, _ attempted: String, code: Int32, logged: String?) {
        self.init(kind, attempted + ": " + libavText(code) + (logged.map { " (\($0))" } ?? ""))
    }
}
