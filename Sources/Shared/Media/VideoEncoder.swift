public import FarmModel

/// Encodes one segment. One object a segment: after `finish` it takes no more pictures.
///
/// Packets come in decode order, the first one is a key packet, no reference crosses the segment's ends, and
/// `stream.parameters.extradata` is the same for every segment that was encoded with the same settings, on whatever
/// machine and with however many threads. `dts` is left unknown: it is made from the whole film (`DecodeOrder`).
/// H.264 and HEVC come in MP4's form (length-prefixed units, avcC or hvcC) and AV1 without temporal delimiters, so that
/// Matroska and MP4 hold exactly these payloads.
public protocol VideoEncoder: AnyObject {
    /// The encoded stream, parameter sets included; complete as soon as the encoder is open.
    var stream: VideoStream { get }

    /// Takes the next picture in presentation order.
    /// - Parameter timestamp: in the stream's time base; ascending from call to call; the packet's `pts`.
    /// - Returns: the packets that are ready, often none.
    func encode(_ picture: any PlanarPicture, timestamp: Int64) throws -> [VideoPacket]

    /// Drains the encoder: the packets that are left.
    func finish() throws -> [VideoPacket]
}

extension EncoderCatalog {
    /// Opens the encoder that `settings` name.
    /// - Parameters:
    ///   - threads: how many threads to use; has no influence on the output.
    ///   - cudaDevice: the index of the device whose unit encodes, where the encoder is one.
    public static func open(
        _ settings: EncodingSettings, threads: Int, cudaDevice: Int? = nil
    ) throws -> any VideoEncoder {
        settings.encoder == X265Encoder.name
            ? try X265Encoder(settings: settings, threads: threads)
            : try LibAVEncoder(settings: settings, threads: threads, cudaDevice: cudaDevice)
    }
}

/// The timestamps of the pictures in an encoder: encoders count pictures, so that odd, negative or variable timestamps
/// have no influence on what they decide.
struct PictureClock {
    private let encoder: String
    private var timestamps: [Int: Int64] = [:]
    private var last: Int64?
    /// Pictures taken so far: the next one's number.
    private(set) var count = 0

    init(encoder: String) { self.encoder = encoder }

    mutating func enter(_ timestamp: Int64) throws -> Int {
        if let last, timestamp <= last {
            throw MediaError(.codec, "\(encoder) was given timestamp \(timestamp) after \(last): pictures must ascend")
        }
        last = timestamp
        timestamps[count] = timestamp
        count += 1
        return count - 1
    }

    mutating func leave(_ picture: Int) throws -> Int64 {
        guard let timestamp = timestamps.removeValue(forKey: picture) else {
            throw MediaError(
                .codec, "\(encoder) gave a packet for picture \(picture), which it was not given or gave before")
        }
        return timestamp
    }
}

extension EncodingSettings {
    /// The nominal frame rate; 25/1 where the source tells none.
    var nominalFrameRate: Rational {
        frameRate.numerator > 0 && frameRate.denominator > 0 ? frameRate : Rational(25, 1)
    }

    /// "libx264 does not open for 1280x720 yuv420p, crf 18, preset medium, me=umh"
    var refusal: String {
        let options = ["crf \(crf)", preset.map { "preset \($0)" }] + parameters.map { "\($0.key)=\($0.value)" }
        return "\(encoder) does not open for \(([picture.summary] + options.compactMap { $0 }).joined(separator: ", "))"
    }

    /// Refuses a picture that is not what the encoder was opened for.
    func check(_ picture: any PlanarPicture) throws {
        let given = picture.format
        guard given.width == self.picture.width, given.height == self.picture.height,
            given.layout == self.picture.layout
        else {
            throw MediaError(
                .codec, "\(encoder) was opened for \(self.picture.summary) and was given a picture of \(given.summary)")
        }
    }
}

extension PictureFormat {
    /// "640x480 yuv420p"
    public var summary: String { "\(width)x\(height) \(layout.libavName ?? "of unknown layout")" }
}
