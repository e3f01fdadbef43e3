import FarmModel
import Foundation
import Testing

@Suite struct FrameRangeTests {
    @Test func widensInsideItsLimit() {
        let film = FrameRange(0, 100)
        #expect(FrameRange(10, 20).widened(by: 3, within: film) == FrameRange(7, 23))
        #expect(FrameRange(0, 20).widened(by: 3, within: film) == FrameRange(0, 23))
        #expect(FrameRange(90, 100).widened(by: 200, within: film) == film)
    }

    /// Ranges come over the network: one that cannot be is an error, not a crash.
    @Test(arguments: [
        #"{"first":5,"end":4}"#, #"{"first":-1,"end":4}"#, #"{"first":0,"end":9223372036854775807}"#, #"{"first":0}"#,
    ])
    func refusesWhatIsNoRange(json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(FrameRange.self, from: Data(json.utf8)) }
    }

    @Test func roundTrips() throws {
        let range = FrameRange(3, 9)
        #expect(try JSONDecoder().decode(FrameRange.self, from: JSONEncoder().encode(range)) == range)
    }

    @Test func planesRoundUp() {
        let format = PictureFormat(
            width: 35, height: 27, layout: PixelLayout(family: .yuv, bitDepth: 8, chromaShiftX: 1, chromaShiftY: 1),
            color: ColorDescription())
        #expect(format.planeSize(0) == (35, 27))
        #expect(format.planeSize(1) == (18, 14))
        #expect(PictureBuffer(format: format).stride(0) % 64 == 0)
    }
}
