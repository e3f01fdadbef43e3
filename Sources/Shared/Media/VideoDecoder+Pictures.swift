internal import CLibAV
internal import FarmModel

extension VideoDecoder {
    /// True of pictures that libavcodec gives only because of `output_corrupt`, and doubts for a reason.
    func lacksReferences(_ frame: LibAVFrame) -> Bool {
        guard givesDoubtful, isCorrupt(frame) else { return false }
        guard let time = timestamp(frame.pointer.pointee.pts), let firstEntry else { return true }
        return time < firstEntry
    }

    private var givesDoubtful: Bool { context.pointee.flags & AV_CODEC_FLAG_OUTPUT_CORRUPT != 0 }

    private func isCorrupt(_ frame: LibAVFrame) -> Bool {
        frame.pointer.pointee.flags & Int32(AV_FRAME_FLAG_CORRUPT) != 0
    }

    func picture(_ frame: LibAVFrame) throws -> VideoFrame {
        let (planar, layout, memory) = try planes(of: frame)
        let raw = planar.pointer.pointee
        let picture = VideoFrame(
            planar,
            format: PictureFormat(
                width: Int(raw.width), height: Int(raw.height), layout: layout,
                color: ColorDescription(
                    frame.pointer.pointee, container: stream.parameters.color, isRGB: layout.family == .rgb)),
            memory: memory, timestamp: timestamp(raw.pts) ?? timestamp(raw.best_effort_timestamp),
            isDamaged: raw.decode_error_flags != 0 || (isCorrupt(frame) && !givesDoubtful))
        note(picture)
        return picture
    }

    /// The frame itself where its planes are plain and run downwards, or lie on a device; else a converted one.
    private func planes(of frame: LibAVFrame) throws -> (LibAVFrame, PixelLayout, PictureMemory) {
        if let hardware {
            let (layout, memory) = try surface(frame, of: hardware)
            return (frame, layout, memory)
        }
        let raw = frame.pointer.pointee
        if let layout = PixelLayout(planar: AVPixelFormat(raw.format)), raw.linesize.0 > 0 {
            return (frame, layout, .host)
        }
        let converter: PlaneConverter
        if let known = self.converter, known.source.rawValue == raw.format {
            converter = known
        } else {
            converter = try PlaneConverter(from: AVPixelFormat(raw.format))
            self.converter = converter
        }
        return (try converter.convert(frame), converter.result, .host)
    }

    private func note(_ picture: VideoFrame) {
        guard picture.isDamaged else { return }
        damage.pictures += 1
        damage.first = damage.first ?? picture.timestamp
        damage.message = sink.take() ?? damage.message
    }
}
