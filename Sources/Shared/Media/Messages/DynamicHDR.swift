internal import CLibAV
internal import Foundation

/// HDR10+ as it is carried (SMPTE ST 2094-40, application 4, by CTA-861-H annex S), from what libavcodec parsed of it.
enum DynamicHDR {
    /// nil where the message has windows of its own: they are told in samples of the picture as it was.
    static func message(_ parsed: AVDynamicHDRPlus) -> Data? {
        guard parsed.num_windows == 1 else { return nil }
        var bits = BitWriter()
        // Country (United States), provider (Samsung), its code, application.
        for (value, size) in [(0xB5, 8), (0x3C, 16), (1, 16), (4, 8)] { bits.write(value, bits: size) }
        bits.write(Int(parsed.application_version), bits: 8)
        bits.write(1, bits: 2)
        bits.write(parsed.targeted_system_display_maximum_luminance, per: 1, bits: 27)
        let target = list(parsed.targeted_system_display_actual_peak_luminance, of: AVRational.self)
        write(
            target, flag: parsed.targeted_system_display_actual_peak_luminance_flag,
            rows: parsed.num_rows_targeted_system_display_actual_peak_luminance,
            columns: parsed.num_cols_targeted_system_display_actual_peak_luminance, to: &bits)
        let window = parsed.params.0
        light(of: window, to: &bits)
        let mastering = list(parsed.mastering_display_actual_peak_luminance, of: AVRational.self)
        write(
            mastering, flag: parsed.mastering_display_actual_peak_luminance_flag,
            rows: parsed.num_rows_mastering_display_actual_peak_luminance,
            columns: parsed.num_cols_mastering_display_actual_peak_luminance, to: &bits)
        mapping(of: window, to: &bits)
        return bits.finish()
    }

    private static func light(of window: AVHDRPlusColorTransformParams, to bits: inout BitWriter) {
        for value in list(window.maxscl, of: AVRational.self) { bits.write(value, per: 100_000, bits: 17) }
        bits.write(window.average_maxrgb, per: 100_000, bits: 17)
        bits.write(Int(window.num_distribution_maxrgb_percentiles), bits: 4)
        let percentiles = list(window.distribution_maxrgb, of: AVHDRPlusPercentile.self)
        for item in percentiles.prefix(Int(window.num_distribution_maxrgb_percentiles)) {
            bits.write(Int(item.percentage), bits: 7)
            bits.write(item.percentile, per: 100_000, bits: 17)
        }
        bits.write(window.fraction_bright_pixels, per: 1000, bits: 10)
    }

    private static func mapping(of window: AVHDRPlusColorTransformParams, to bits: inout BitWriter) {
        bits.write(Int(window.tone_mapping_flag), bits: 1)
        if window.tone_mapping_flag != 0 {
            bits.write(window.knee_point_x, per: 4095, bits: 12)
            bits.write(window.knee_point_y, per: 4095, bits: 12)
            bits.write(Int(window.num_bezier_curve_anchors), bits: 4)
            let anchors = list(window.bezier_curve_anchors, of: AVRational.self)
            for anchor in anchors.prefix(Int(window.num_bezier_curve_anchors)) {
                bits.write(anchor, per: 1023, bits: 10)
            }
        }
        bits.write(Int(window.color_saturation_mapping_flag), bits: 1)
        if window.color_saturation_mapping_flag != 0 { bits.write(window.color_saturation_weight, per: 8, bits: 6) }
    }

    /// A grid of peak luminances; libavutil keeps 25 columns.
    private static func write(
        _ grid: [AVRational], flag: UInt8, rows: UInt8, columns: UInt8, to bits: inout BitWriter
    ) {
        bits.write(Int(flag), bits: 1)
        guard flag != 0 else { return }
        bits.write(Int(rows), bits: 5)
        bits.write(Int(columns), bits: 5)
        for row in 0..<Int(rows) {
            for column in 0..<Int(columns) where row * 25 + column < grid.count {
                bits.write(grid[row * 25 + column], per: 15, bits: 4)
            }
        }
    }

    /// A C array, which Swift sees as a tuple.
    private static func list<Tuple, Element>(_ tuple: Tuple, of _: Element.Type) -> [Element] {
        withUnsafeBytes(of: tuple) { Array($0.bindMemory(to: Element.self)) }
    }
}

extension BitWriter {
    /// A fraction as a number of parts of which `per` make one.
    fileprivate mutating func write(_ value: AVRational, per: Int, bits: Int) {
        let parts = value.den == 0 ? 0 : (Double(value.num) * Double(per) / Double(value.den)).rounded()
        write(max(0, min(Int(parts), 1 << bits - 1)), bits: bits)
    }
}
