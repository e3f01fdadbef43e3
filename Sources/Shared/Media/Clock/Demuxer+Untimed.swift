internal import CLibAV
internal import FarmModel
internal import Foundation

/// Raw streams: files that hold nothing but a codec's bits, and so tell no times.
extension Demuxer {
    /// libavformat's names of their readers.
    private static let raw: Set = [
        "h264", "hevc", "vvc", "mpegvideo", "m4v", "h263", "h261", "vc1", "mjpeg", "obu", "av1", "dirac", "dnxhd",
        "cavsvideo",
        "avs2", "avs3",
    ]

    private var isRaw: Bool { Self.raw.contains(text(context.pointee.iformat?.pointee.name) ?? "") }

    /// Ticks from one frame to the next at the nominal rate, where nothing else tells times; else nil.
    var nominalStep: Double? {
        let step = 1 / (video.frameRate.value * video.timeBase.value)
        return isRaw && step.isFinite ? step : nil
    }

    /// What is taken for granted of a film without times; nil of others.
    var lackOfTimes: String? {
        guard isRaw else { return nil }
        let (rate, name) = (video.frameRate, URL(fileURLWithPath: path).lastPathComponent)
        return
            "\(name) tells no times: its frames are taken to follow each other at \(rate) a second; where that is wrong, give "
            + "it the right rate first (mkvmerge -o film.mkv --default-duration 0:24000/1001p \(name))"
    }

    /// Until when the last picture is shown, in the pictures' time base, where the container tells it better than a packet's duration:
    /// QuickTime's durations are those of decoding.
    /// - Parameter count: of the packets that were read: of a file that ends too early, its head tells nothing.
    func pictureEnd(after count: Int) -> Int64? {
        let video = stream(videoIndex).pointee
        guard text(context.pointee.iformat?.pointee.name)?.hasPrefix("mov") == true, video.duration > 0,
            count >= video.nb_frames
        else { return nil }
        return timestamp(video.start_time).map { $0 &+ video.duration }
    }
}
