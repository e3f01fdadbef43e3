internal import FarmModel

/// Which `--encoder-params` a job may carry. Refused by name: what would keep segments from being joined, make their
/// bits depend on the machine, or contradict what the job sets from other options or from the source.
enum EncoderParameterRules {
    /// Checks the parameters of `settings`, and takes `keyint` over into `keyframeInterval`.
    static func apply(to settings: inout EncodingSettings) throws {
        let refusals = refusals(settings.encoder)
        for parameter in settings.parameters {
            let names = spellings(parameter.key)
            if let reason = refusals.first(where: { !names.isDisjoint(with: $0.keys) })?.reason {
                throw MediaError(
                    .settings, "--encoder-params \(parameter.key) is refused for \(settings.encoder): \(reason)")
            }
            guard !parameter.key.isEmpty, !parameter.value.contains(where: { ":=".contains($0) }) else {
                throw MediaError(
                    .settings, "--encoder-params \(parameter.key)=\(parameter.value): write KEY=VALUE:KEY=VALUE")
            }
        }
        try checkLookahead(settings)
        guard settings.encoder != "ffv1" else { return }
        for parameter in settings.parameters where spellings(parameter.key).contains("keyint") {
            guard let frames = Int(parameter.value), (1...100_000).contains(frames) else {
                throw MediaError(
                    .settings, "--encoder-params keyint=\(parameter.value): give a number of frames from 1")
            }
            settings.keyframeInterval = frames
        }
        settings.parameters.removeAll { spellings($0.key).contains("keyint") }
    }

    /// NVENC looks 31 pictures ahead at most, B-frames included, and libav hands on what exceeds that.
    private static func checkLookahead(_ settings: EncodingSettings) throws {
        guard settings.isByNVENC, let frames = settings.lookahead, !(0...28).contains(frames) else { return }
        throw MediaError(.settings, "--encoder-params rc-lookahead=\(frames): \(settings.encoder) takes 0 to 28")
    }

    /// All names that the encoders may take `key` for: they ignore leading dashes, read `_` as `-`, and let `no-`, `no`
    /// negate a switch.
    static func spellings(_ key: String) -> Set<String> {
        let plain = String(key.lowercased().map { $0 == "_" ? "-" : $0 }.drop { $0 == "-" })
        var names: Set = [plain]
        if plain.hasPrefix("no-") { names.insert(String(plain.dropFirst(3))) }
        if plain.hasPrefix("no") { names.insert(String(plain.dropFirst(2))) }
        return names
    }

    private struct Refusal {
        let reason: String
        let keys: Set<String>
        init(_ reason: String, _ keys: String) {
            self.reason = reason
            self.keys = Set(keys.split(whereSeparator: \.isWhitespace).map(String.init))
        }
    }

    private static func refusals(_ encoder: String) -> [Refusal] {
        switch encoder {
        case X265Encoder.name: x265
        case "libx264": x264
        case "libsvtav1": svtAV1
        case "hevc_nvenc", "h264_nvenc", "av1_nvenc": nvenc
        default: [Refusal("the job sets it", "level slices threads thread-type gop g bits-per-raw-sample flags pass")]
        }
    }

    private static let joining = "segments could not be joined"
    private static let machine = "the result would depend on the machine"
    private static let rate = "segments are encoded apart, at one constant quality (--crf)"
    private static let tags = "the job takes it from the source"
    private static let local = "it reads or writes files, which workers do not have"

    private static let x265: [Refusal] = [
        Refusal(
            joining,
            """
            open-gop repeat-headers annexb info intra-refresh chunk-start chunk-end hrd hrd-concat uhd-bd gop-lookahead radl
            frame-dup dup-threshold temporal-layers interlace interlaceMode field zones display-window opt-ref-list-length-pps
            opt-qp-pps multi-pass-opt-rps svt idr-recovery-sei force-flush pic-struct splice ctu-info eob eos
            scc alpha num-views num-scalability-layers multiview-config
            """),
        Refusal(machine, "pools numa-pools frame-threads lookahead-threads asm cpuid pmode pme copy-pic"),
        Refusal(
            rate,
            """
            pass bitrate strict-cbr const-vbv vbv-maxrate vbv-bufsize vbv-init vbv-end vbv-end-fr-adj crf-max crf-min
            slow-firstpass multi-pass-opt-analysis multi-pass-opt-distortion vbv-live-multi-pass min-vbv-fullness
            max-vbv-fullness decoder-max-rate sbrc
            """),
        // x265 limits the bit rate for a level that it is given, and its result then depends on its threads.
        Refusal("the level follows from size and frame rate", "level-idc level high-tier"),
        Refusal("use --crf, --preset or --pixel-format", "crf qp preset input-depth output-depth input-csp profile"),
        Refusal(
            tags,
            "sar range colorprim transfer colormatrix chromaloc fps input-res width height total-frames frames seek"),
        Refusal(
            local,
            """
            stats stats-read stats-write qpfile zonefile lambda-file scaling-list analysis-save analysis-load analysis-reuse-file
            analysis-reuse-mode analysis-reuse-level analysis-save-reuse-level analysis-load-reuse-level refine-analysis-type
            dhdr10-info dolby-vision-rpu dolby-vision-profile nalu-file recon csv csv-log-level log-level log log-file
            log-file-level tone-map-file film-grain aom-film-grain input output
            """),
    ]

    private static let x264: [Refusal] = [
        Refusal(
            joining,
            """
            stitchable open-gop repeat-headers annexb intra-refresh force-cfr vfr-input global-header nal-hrd filler
            bluray-compat avcintra-class avcintra-flavor interlaced tff bff fake-interlaced pic-struct pulldown sps-id
            timebase dts-compress zones crop-rect frame-packing
            """),
        Refusal(
            machine,
            """
            threads lookahead-threads sliced-threads sync-lookahead deterministic n-deterministic asm cpu-independent opencl
            opencl-clbin opencl-device mvrange-thread
            """),
        Refusal(rate, "pass bitrate vbv-maxrate vbv-bufsize vbv-init crf-max ratetol slow-firstpass fast-pfirst"),
        Refusal(
            "use --crf, --preset or --pixel-format",
            "crf qp qp-constant preset profile input-depth output-depth output-csp csp"),
        Refusal(
            tags,
            "sar range fullrange input-range colorprim transfer colormatrix chromaloc videoformat fps width height frames seek"
        ),
        Refusal(
            local,
            "stats stat-read stat-write qpfile tcfile-in tcfile-out cqmfile dump-yuv log log-level log-file psnr ssim"),
    ]

    private static let nvenc: [Refusal] = [
        Refusal(joining, "aud bluray-compat forced-idr intra-refresh single-slice-intra-refresh highbitdepth"),
        Refusal(machine, "gpu surfaces delay split-encode-mode"),
        Refusal(
            "not every device does it, and where B-frames are none does all", "b-ref-mode temporal-aq weighted-pred"),
        Refusal(rate, "rc cbr 2pass tune cq qp init-qpp init-qpb init-qpi b maxrate bufsize ldkfs zerolatency"),
        Refusal("the level follows from size and frame rate", "level tier"),
        Refusal("use --crf, --preset or --pixel-format", "crf preset profile"),
        Refusal(tags, "a53cc s12m-tc extra-sei udu-sei"),
    ]

    private static let svtAV1: [Refusal] = [
        Refusal(
            joining,
            """
            irefresh-type pred-struct forced-max-frame-width forced-max-frame-height frames-to-be-encoded frames skip n
            sframe-dist sframe-mode enable-force-key-frames force-key-frames superres-mode superres-denom superres-kf-denom
            superres-qthres superres-kf-qthres resize-mode resize-denom resize-kf-denom avif
            """),
        Refusal("use keyint", "intra-period"),
        Refusal(machine, "lp pin ss asm"),
        Refusal(
            rate,
            """
            rc pass passes stats tbr mbr vbv-bufsize use-q-file use-fixed-qindex-offsets bias-pct minsection-pct maxsection-pct
            undershoot-pct overshoot-pct mbr-overshoot-pct gop-constraint-rc buf-sz buf-initial-sz buf-optimal-sz
            recode-loop
            """),
        Refusal("use --crf, --preset or --pixel-format", "crf qp preset input-depth color-format profile"),
        Refusal(
            tags,
            """
            width w height h fps fps-num fps-denom color-primaries transfer-characteristics matrix-coefficients color-range
            chroma-sample-position
            """),
        Refusal(
            local,
            "enable-stat-report stat-report recon errlog stat-file input output config qpfile"
        ),
    ]
}
