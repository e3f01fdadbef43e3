internal import CLibAV

extension Demuxer {
    /// A track that muxers of MP4 and QuickTime make anew of what the film says elsewhere: its chapters' titles, or the timecode of its
    /// first picture.
    func isMadeOfTags(_ index: Int) -> Bool {
        let stream = stream(index)
        guard stream.pointee.codecpar.pointee.codec_type == AVMEDIA_TYPE_DATA else { return false }
        let isTitles = stream.pointee.discard == AVDISCARD_ALL && context.pointee.nb_chapters > 0
        let isTimecode = stream.pointee.codecpar.pointee.codec_tag == Self.timecode
        return isTitles || (isTimecode && tags(self.stream(videoIndex).pointee.metadata)["timecode"] != nil)
    }

    /// "tmcd", the first letter in the lowest byte.
    private static let timecode: UInt32 = 0x6463_6D74
}
