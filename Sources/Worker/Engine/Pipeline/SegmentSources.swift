import EngineProtocol
import FarmModel
import Inference
import Machine
import Media
import Synchronization

/// Where the pictures of segments come from: hardware where that was asked for and gives the same bits, software otherwise.
final class SegmentSources: Sendable {
    private let unit: DecodingUnit
    private let device: Device
    private let hardware: Result<HardwareDecoder, HardwareDoubt>
    private let notice: @Sendable (String) -> Void
    /// What holds for many segments is said once.
    private let said = Mutex<Set<String>>([])

    /// Opens the hardware that is asked for: libtorch must not have touched the device before.
    /// - Parameter notice: told in a sentence why software decodes where hardware was asked for.
    init(_ unit: DecodingUnit, on device: Device, notice: @escaping @Sendable (String) -> Void) {
        self.unit = unit
        self.device = device
        self.notice = notice
        hardware = unit == .cpu ? .failure(HardwareDoubt("not asked for")) : Self.open(on: device)
    }

    private static func open(on device: Device) -> Result<HardwareDecoder, HardwareDoubt> {
        guard case .cuda(let index) = device else {
            return .failure(HardwareDoubt("NVDEC decodes for networks on a CUDA device, and this one runs on the CPU"))
        }
        do { return .success(try HardwareDecoder(cudaDevice: index)) } catch {
            return .failure(HardwareDoubt("\(error.reason); see `worker doctor`"))
        }
    }

    func source(of order: SegmentOrder) throws -> any PictureSource {
        let software = { try SegmentDecoder(order: order, threads: 0) }
        guard unit == .nvdec else { return try software() }
        do {
            let (hardware, device) = (try hardware.get(), device)
            if let reason = Self.refusal(of: order.task.recipe) { throw HardwareDoubt(reason) }
            return FallbackSource(
                hardware: { try SegmentDecoder(order: order, hardware: hardware, device: device) },
                software: software,
                notice: { [notice] in notice("segment \(order.task.attempt): decoding it anew on the CPU: \($0)") })
        } catch let doubt as HardwareDoubt {
            if said.withLock({ $0.insert(doubt.description).inserted }) { notice("decoding on the CPU: \(doubt)") }
            return try software()
        }
    }

    /// Why a job's segments are not decoded in hardware; nil where they are.
    static func refusal(of recipe: Recipe) -> String? {
        guard recipe.preparation == .none else {
            return "pictures are deinterlaced or turned upright, which is done in the host's memory"
        }
        return HardwareDecoder.refusal(of: recipe.source.parameters)
    }
}
