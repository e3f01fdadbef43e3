import FarmModel
import Testing

@testable import Inference

/// Planes to RGB and back, with nothing in between (`nearest`, scale 1).
@Suite struct ColorTests {
    @Test(arguments: [1, 4, 5, 6, 7, 9], [false, true])
    func everyMatrixAndRangeComesBack(matrix: Int, full: Bool) throws {
        for depth in [8, 10, 12, 16] {
            let format = PictureFormat.make(64, 48, depth: depth, shift: (0, 0), matrix: matrix, full: full)
            let picture = PictureBuffer.noise(format, seed: depth)
            let result = try Upscaler.cpu(.nearest(1), format, scale: 1).upscale(picture)
            #expect(result.format == format)
            #expect(largestDifferences(picture, result) == [0, 0, 0], "\(depth) bits")
        }
    }

    @Test(arguments: [PixelLayout.Family.gray, .rgb], [8, 10])
    func grayAndRGBComeBack(family: PixelLayout.Family, depth: Int) throws {
        let format = PictureFormat.make(35, 27, family, depth: depth)
        let picture = PictureBuffer.noise(format, seed: 1)
        let result = try Upscaler.cpu(.nearest(1), format, scale: 1).upscale(picture)
        #expect(largestDifferences(picture, result).allSatisfy { $0 == 0 })
    }

    /// Codes of known colours, by hand from ITU-T H.273.
    @Test(arguments: [
        (1, false, [63, 102, 240]), (6, false, [81, 90, 240]), (9, false, [74, 97, 240]), (6, true, [76, 85, 255]),
    ])
    func redHasTheCodesOfTheStandard(matrix: Int, full: Bool, codes: [Int]) throws {
        let rgb = PictureFormat.make(16, 16, .rgb, matrix: matrix, full: full)
        let yuv = PixelLayout(family: .yuv, bitDepth: 8)
        let red = PictureBuffer(rgb) { plane, _, _ in plane == 2 ? 255 : 0 }
        let result = try Upscaler.cpu(.nearest(1), rgb, to: yuv, scale: 1).upscale(red)
        #expect((0..<3).map { result.sample($0, 5, 5) } == codes)
    }

    /// A film in RGB has the identity matrix; in Y'CbCr it must have another one, which the job decides.
    @Test func identityBecomesTheMatrixAskedFor() throws {
        let rgb = PictureFormat.make(16, 16, .rgb, matrix: 0, full: true)
        let yuv = PixelLayout(family: .yuv, bitDepth: 8, chromaShiftX: 1, chromaShiftY: 1)
        let red = PictureBuffer(rgb) { plane, _, _ in plane == 2 ? 255 : 0 }
        for (matrix, full, codes) in [
            (6, false, [81, 90, 240]), (1, false, [63, 102, 240]), (6, true, [76, 85, 255]),
        ] {
            let color = ColorDescription(matrix: matrix, isFullRange: full)
            let result = try Upscaler.cpu(.nearest(1), rgb, to: yuv, color: color, scale: 1).upscale(red)
            #expect((0..<3).map { result.sample($0, 5, 5) } == codes)
            #expect(result.format.color == color)
        }
    }

    /// From the middle between two luma samples to the left one: half a luma sample, an eighth of what the slope rises.
    @Test func chromaIsPutWhereTheResultSaysItIs() throws {
        let format = PictureFormat.make(64, 16, depth: 10, shift: (1, 0), location: .center)
        let picture = PictureBuffer(format) { plane, x, _ in plane == 0 ? 400 : 300 + 8 * x }
        let color = ColorDescription(matrix: 1, chromaLocation: .unspecified)
        let result = try Upscaler.cpu(.nearest(1), format, color: color, scale: 1).upscale(picture)
        for x in 2..<30 { #expect(result.sample(1, x, 5) == 300 + 8 * x - 2) }
    }

    @Test func grayToYUVHasNoColour() throws {
        let format = PictureFormat.make(16, 16, .gray)
        let yuv = PixelLayout(family: .yuv, bitDepth: 10, chromaShiftX: 1, chromaShiftY: 1)
        let picture = PictureBuffer.noise(format, seed: 2)
        let result = try Upscaler.cpu(.nearest(1), format, to: yuv, scale: 1).upscale(picture)
        #expect(result.samples[0] == picture.samples[0].map { $0 * 4 })
        #expect(result.samples[1].allSatisfy { $0 == 512 } && result.samples[2].allSatisfy { $0 == 512 })
    }

    /// Up and down again by the siting: a horizontal and vertical chroma slope stays where it is.
    @Test(
        arguments: [(1, 1), (1, 0), (0, 1), (2, 0)],
        [ChromaLocation.unspecified, .left, .center, .topLeft, .top, .bottomLeft, .bottom])
    func chromaDoesNotMove(shift: (Int, Int), location: ChromaLocation) throws {
        let format = PictureFormat.make(64, 48, depth: 10, shift: shift, location: location)
        let size = format.planeSize(1)
        let picture = PictureBuffer(format) { plane, x, y in plane == 0 ? 400 : 300 + 8 * x + 4 * y + 20 * plane }
        let result = try Upscaler.cpu(.nearest(1), format, scale: 1).upscale(picture)
        for plane in 1...2 {
            for y in 2..<size.height - 2 {
                for x in 2..<size.width - 2 {
                    #expect(abs(result.sample(plane, x, y) - picture.sample(plane, x, y)) <= 1)
                }
            }
        }
    }

    @Test(arguments: [(0, 0), (1, 0), (1, 1)])
    func oddSizesKeepFlatColour(shift: (Int, Int)) throws {
        let format = PictureFormat.make(35, 27, shift: shift)
        let picture = PictureBuffer(format) { plane, _, _ in [120, 90, 170][plane] }
        let result = try Upscaler.cpu(.nearest(3), format, scale: 3).upscale(picture)
        #expect(result.format.width == 105 && result.format.height == 81)
        for plane in 0..<3 { #expect(result.samples[plane].allSatisfy { $0 == [120, 90, 170][plane] }) }
    }

    @Test func unsupportedMatricesAreNamed() throws {
        for matrix in [8, 10, 14] {
            let format = PictureFormat.make(16, 16, matrix: matrix)
            let error = #expect(throws: InferenceError.self) { try Upscaler.cpu(.nearest(1), format, scale: 1) }
            #expect(error?.message.contains("matrix coefficients \(matrix)") == true)
        }
        let subsampled = PictureFormat.make(16, 16, matrix: 0)
        #expect(throws: InferenceError.self) { try Upscaler.cpu(.nearest(1), subsampled, scale: 1) }
    }

    @Test func identityMatrixIsRGBInPlanes() throws {
        let format = PictureFormat.make(16, 16, shift: (0, 0), matrix: 0, full: true)
        let picture = PictureBuffer.noise(format, seed: 3)
        let result = try Upscaler.cpu(.nearest(1), format, scale: 1).upscale(picture)
        #expect(largestDifferences(picture, result) == [0, 0, 0])
    }
}
