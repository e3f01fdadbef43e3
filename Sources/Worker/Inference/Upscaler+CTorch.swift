internal import CTorch
internal import FarmModel

extension Upscaler {
    static func open(
        _ network: Network, input: PictureFormat, output: PictureFormat, blendRadius: Int, plain: Bool,
        underWay: Int
    ) throws(InferenceError) -> OpaquePointer {
        var (from, to) = formats(input, output)
        var opened: OpaquePointer?
        let range = network.description.valueRange
        try torch(.failed, "upscaling \(input.summary) to \(output.summary)") {
            ct_upscaler_open(
                network.handle, &from, &to, range[0], range[1], Int32(blendRadius),
                plain ? CT_AROUND_BY_OPERATIONS : CT_AROUND_BY_TRIED_KERNELS, Int32(underWay),
                &opened, $0, $1)
        }
        guard let opened else { throw InferenceError(.failed, "CTorch opened no upscaler") }
        return opened
    }

    /// An unspecified matrix is taken by the source's height on the way back too, whatever the new height would suggest.
    private static func formats(_ input: PictureFormat, _ output: PictureFormat) -> (from: ct_format, to: ct_format) {
        (
            ct_format(input, matrix: input.color.effectiveMatrix(height: input.height)),
            ct_format(output, matrix: output.color.effectiveMatrix(height: input.height))
        )
    }

    /// How small pictures of the formats come out of what surrounds the network by our kernels, held against tensor operations.
    /// - Returns: what is wrong, in a line; nil where nothing is.
    static func problemAround(
        _ network: Network, input: PictureFormat, output: PictureFormat, blendRadius: Int
    ) throws(InferenceError) -> String? {
        var (from, to) = formats(input, output)
        var words = [CChar](repeating: 0, count: 300)
        let range = network.description.valueRange
        try torch(.failed, "trying \(input.summary) to \(output.summary)") { error, capacity in
            ct_upscaler_try(
                network.handle, &from, &to, range[0], range[1], Int32(blendRadius), &words, words.count, error, capacity
            )
        }
        let problem = words.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        return problem.isEmpty ? nil : problem
    }

    static func upscale(
        _ handle: OpaquePointer, _ plan: TilePlan, _ batch: Int, _ threads: Int,
        _ pictures: ArraySlice<any PlanarPicture>, _ numbers: ArraySlice<Int>, into results: ArraySlice<PictureBuffer>
    ) throws(InferenceError) {
        let inputs = zip(pictures, numbers).map { ct_input($0, number: $1) }
        let outputs = results.map { ct_output($0) }
        // The pointers in `inputs` and `outputs` are valid as long as the pictures live.
        try withExtendedLifetime((pictures, results)) { () throws(InferenceError) in
            try torch(.failed, "upscaling frames from \(numbers.first ?? 0)") { error, capacity in
                plan.withCTorch(batch: batch) {
                    ct_upscale(handle, $0, Int32(threads), inputs, outputs, Int32(inputs.count), error, capacity)
                }
            }
        }
    }

    static func time(
        _ handle: OpaquePointer, _ plan: TilePlan, _ batch: Int, _ threads: Int,
        _ pictures: ArraySlice<any PlanarPicture>, calls: Int
    ) throws(InferenceError) -> Double {
        let inputs = pictures.enumerated().map { ct_input($1, number: $0) }
        var seconds = 0.0
        try withExtendedLifetime(pictures) { () throws(InferenceError) in
            try torch(.failed, "timing the network") { error, capacity in
                plan.withCTorch(batch: batch) {
                    ct_upscaler_time(
                        handle, $0, Int32(threads), inputs, Int32(inputs.count), Int32(calls), &seconds, error, capacity
                    )
                }
            }
        }
        return seconds
    }

    static func show(
        _ handle: OpaquePointer, _ threads: Int, _ pictures: [any PlanarPicture], _ numbers: [Int]
    ) throws(InferenceError) {
        let inputs = zip(pictures, numbers).map { ct_input($0, number: $1) }
        try withExtendedLifetime(pictures) { () throws(InferenceError) in
            try torch(.failed, "showing frames from \(numbers.first ?? 0)") {
                ct_upscaler_show(handle, Int32(threads), inputs, Int32(inputs.count), $0, $1)
            }
        }
    }

    static func keep(
        _ handle: OpaquePointer, _ plan: TilePlan, _ batch: Int, _ threads: Int,
        _ pictures: ArraySlice<any PlanarPicture>, _ numbers: ArraySlice<Int>
    ) throws(InferenceError) {
        let inputs = zip(pictures, numbers).map { ct_input($0, number: $1) }
        try withExtendedLifetime(pictures) { () throws(InferenceError) in
            try torch(.failed, "upscaling frames from \(numbers.first ?? 0)") { error, capacity in
                plan.withCTorch(batch: batch) {
                    ct_upscaler_keep(handle, $0, Int32(threads), inputs, Int32(inputs.count), error, capacity)
                }
            }
        }
    }

    static func blend(
        _ handle: OpaquePointer, _ threads: Int, _ pictures: [any PlanarPicture], _ numbers: [Int],
        into results: [PictureBuffer]
    ) throws(InferenceError) {
        let inputs = zip(pictures, numbers).map { ct_input($0, number: $1) }
        let outputs = results.map { ct_output($0) }
        try withExtendedLifetime((pictures, results)) { () throws(InferenceError) in
            try torch(.failed, "blending frames from \(numbers.first ?? 0)") {
                ct_upscaler_blend(handle, Int32(threads), inputs, outputs, Int32(inputs.count), $0, $1)
            }
        }
    }
}

extension TilePlan {
    fileprivate func withCTorch(batch: Int, _ body: (UnsafePointer<ct_plan>) -> ct_status) -> ct_status {
        let tiles = tiles.map { ct_tile($0) }
        return tiles.withUnsafeBufferPointer { tiles in
            var plan = ct_plan(
                batch: Int32(batch), window_width: Int32(windowWidth), window_height: Int32(windowHeight),
                tiles: tiles.baseAddress, tile_count: Int32(tiles.count))
            return body(&plan)
        }
    }
}

extension ct_format {
    init(_ format: PictureFormat, matrix: Int) {
        let family =
            switch format.layout.family {
            case .yuv: CT_YUV
            case .gray: CT_GRAY
            case .rgb: CT_RGB
            }
        self.init(
            width: Int32(format.width), height: Int32(format.height), family: Int32(family.rawValue),
            bit_depth: Int32(format.layout.bitDepth), chroma_shift_x: Int32(format.layout.chromaShiftX),
            chroma_shift_y: Int32(format.layout.chromaShiftY), matrix: Int32(matrix),
            full_range: format.color.isFullRange ? 1 : 0, chroma_location: Int32(format.color.chromaLocation.rawValue),
            has_alpha: format.layout.hasAlpha ? 1 : 0)
    }
}

extension ct_input {
    init(_ picture: any PlanarPicture, number: Int) {
        self.init()
        self.number = Int64(number)
        if case .device(let step, let bits) = picture.memory {
            (on_device, chroma_step, shift) = (1, Int32(step), Int32(bits))
        }
        planes.0 = picture.plane(0)
        strides.0 = picture.stride(0)
        let count = picture.format.layout.planeCount
        guard count >= 3 else { return }
        (planes.1, planes.2) = (picture.plane(1), picture.plane(2))
        (strides.1, strides.2) = (picture.stride(1), picture.stride(2))
        if count == 4 { (planes.3, strides.3) = (picture.plane(3), picture.stride(3)) }
    }
}

extension ct_output {
    fileprivate init(_ picture: PictureBuffer) {
        self.init()
        planes.0 = picture.mutablePlane(0)
        strides.0 = picture.stride(0)
        let count = picture.format.layout.planeCount
        guard count >= 3 else { return }
        (planes.1, planes.2) = (picture.mutablePlane(1), picture.mutablePlane(2))
        (strides.1, strides.2) = (picture.stride(1), picture.stride(2))
        if count == 4 { (planes.3, strides.3) = (picture.mutablePlane(3), picture.stride(3)) }
    }
}

extension ct_tile {
    fileprivate init(_ tile: TilePlan.Tile) {
        self.init(
            core_x: Int32(tile.coreX.lowerBound), core_y: Int32(tile.coreY.lowerBound),
            core_width: Int32(tile.coreX.count), core_height: Int32(tile.coreY.count),
            window_x: Int32(tile.windowX), window_y: Int32(tile.windowY))
    }
}

extension PictureFormat {
    /// Such as "1280x720 yuv subsampled 2x2 of 10 bits".
    var summary: String {
        let chroma = layout.family == .yuv ? " subsampled \(1 << layout.chromaShiftX)x\(1 << layout.chromaShiftY)" : ""
        let alpha = layout.hasAlpha ? " with alpha" : ""
        return "\(width)x\(height) \(layout.family.rawValue)\(chroma)\(alpha) of \(layout.bitDepth) bits"
    }
}
