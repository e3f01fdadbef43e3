import Foundation

/// Red, green, blue.
typealias Triple = SIMD3<Double>

/// How codes of an HDR film mean light: BT.2100, with a display of 1,000 nits for HLG.
enum HDRTransfer: String, CaseIterable, Sendable {
    case pq, hlg

    /// The brightest gray that the tests ask for, in nits.
    var peak: Double { self == .pq ? 4000 : 1000 }

    /// R'G'B' in [0, 1] of light in nits.
    func code(_ nits: Triple) -> Triple {
        switch self {
        case .pq: return nits.map(PQ.code)
        case .hlg:
            let light = nits / 1000
            let scene = light * pow(max(luminance(light), 1e-9), 1 / 1.2 - 1)
            return scene.map { $0 <= 1 / 12 ? sqrt(3 * $0) : HLG.a * log(12 * $0 - HLG.b) + HLG.c }
        }
    }

    func nits(_ code: Triple) -> Triple {
        switch self {
        case .pq: return code.map(PQ.nits)
        case .hlg:
            let scene = code.map { $0 <= 0.5 ? max($0, 0) * $0 / 3 : (exp(($0 - HLG.c) / HLG.a) + HLG.b) / 12 }
            return 1000 * scene * pow(max(luminance(scene), 1e-9), 0.2)
        }
    }
}

/// Weights of BT.2020.
func luminance(_ rgb: Triple) -> Double { (rgb * [0.2627, 0.6780, 0.0593]).sum() }

/// BT.2124: 1 is about what an eye that is used to the scene's brightness just sees. Light in nits, BT.2020 primaries.
func deltaEITP(_ a: Triple, _ b: Triple) -> Double {
    let difference = itp(a) - itp(b)
    return 720 * (difference * difference).sum().squareRoot()
}

private func itp(_ rgb: Triple) -> Triple {
    let cone =
        Triple(
            (rgb * [1688, 2146, 262]).sum(), (rgb * [683, 2951, 462]).sum(), (rgb * [99, 309, 3688]).sum()) / 4096
    let code = cone.map(PQ.code)
    return Triple(
        (code * [2048, 2048, 0]).sum(), (code * [3305, -6806.5, 3501.5]).sum(), (code * [17933, -17390, -543]).sum())
        / 4096
}

/// SMPTE ST 2084.
private enum PQ {
    static let m1 = 2610.0 / 16384, m2 = 2523.0 / 4096 * 128
    static let c1 = 3424.0 / 4096, c2 = 2413.0 / 4096 * 32, c3 = 2392.0 / 4096 * 32

    static func code(_ nits: Double) -> Double {
        let y = pow(max(nits, 0) / 10000, m1)
        return pow((c1 + c2 * y) / (1 + c3 * y), m2)
    }

    static func nits(_ code: Double) -> Double {
        let e = pow(max(code, 0), 1 / m2)
        return 10000 * pow(max(e - c1, 0) / (c2 - c3 * e), 1 / m1)
    }
}

/// ARIB STD-B67.
private enum HLG {
    static let a = 0.17883277, b = 0.28466892, c = 0.55991073
}

extension SIMD3<Double> {
    func map(_ function: (Double) -> Double) -> Self { Self(function(x), function(y), function(z)) }
}

/// R'G'B' to codes of limited range at 10 bits by BT.2020's matrix, and back.
enum BT2020Codes {
    static func yuv(_ rgb: Triple) -> [Int] {
        let y = luminance(rgb)
        let blue = (rgb.z - y) / 1.8814
        let red = (rgb.x - y) / 1.4746
        return [64 + 876 * y, 512 + 896 * blue, 512 + 896 * red].map { Int($0.rounded()) }
    }

    static func rgb(_ yuv: [Int]) -> Triple {
        let y = Double(yuv[0] - 64) / 876
        let blue = y + 1.8814 * Double(yuv[1] - 512) / 896
        let red = y + 1.4746 * Double(yuv[2] - 512) / 896
        return Triple(red, (y - 0.2627 * red - 0.0593 * blue) / 0.6780, blue)
    }
}
