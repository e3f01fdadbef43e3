import Foundation
import Processes
import TestSupport

/// A scripted engine: a real process that speaks as an engine does, and fails as it is told to.
///
/// Of each segment its index decides. `hold`, a file, keeps it from finishing anything while it is there.
struct StandInEngine {
    var crashing: [Int] = []
    /// With these it finds that its device is lost.
    var losing: [Int] = []
    var failing: [Int] = []
    var hanging: [Int] = []
    /// What it writes to standard error before each segment, instead of marking attempts.
    var says: [String] = []
    var marks = true
    /// It does not obey `cancel`.
    var deaf = false
    /// It ends at once so many times, counted in a file, before it works.
    var deaths = 0
    let folder: TemporaryFolder

    var hold: String { folder.path("hold") }
    /// Its process ids, one line a start.
    var starts: [Int32] {
        let text = (try? String(contentsOfFile: folder.path("starts"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { Int32($0) }
    }
    /// The indexes of the segments it was given, in their order.
    var given: [Int] {
        let text = (try? String(contentsOfFile: folder.path("given"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { Int($0) }
    }

    /// Writes the script.
    func write() throws -> Launch {
        let path = folder.path("engine.py")
        try script.write(toFile: path, atomically: true, encoding: .utf8)
        // Not executed itself: a process that is forked at this moment holds it open for writing.
        return Launch(executable: "/usr/bin/python3", arguments: [path])
    }

    /// Python reads it as a list.
    private var jsonSays: String { String(decoding: (try? JSONEncoder().encode(says)) ?? Data(), as: UTF8.self) }

    private var script: String {
        """
        import hashlib, json, os, select, signal, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        folder = "\(folder.url.path)"
        crashing, losing, failing, hanging = \(crashing), \(losing), \(failing), \(hanging)
        says, marks, deaths = \(jsonSays), \(marks ? "True" : "False"), \(deaths)
        with open(folder + "/starts", "a") as f: f.write(f"{os.getpid()}\\n")
        if len(open(folder + "/starts").readlines()) <= deaths: sys.exit(3)
        def say(event): print(json.dumps(event), flush=True)
        def log(text): print(text, file=sys.stderr, flush=True)
        def attempt_name(a): return f"{a['segment']['job']}/{a['segment']['index']}#{a['number']}"
        say({"ready": {"_0": {"device": "cpu", "deviceModel": "script", "versions": {"libtorch": "none"}, "memory": 0, "encoders": ["none"]}}})
        inside = []
        def take(command):
            if "segment" in command:
                order = command["segment"]["_0"]
                attempt = order["task"]["attempt"]
                index = attempt["segment"]["index"]
                with open(folder + "/given", "a") as f: f.write(f"{index}\\n")
                if marks: log(f"attempt {attempt_name(attempt)} begins")
                for line in says: log(line)
                if index in crashing: os.abort()
                if index in losing:
                    say({"lost": {"_0": "cuda:0 works no more: unspecified launch failure"}})
                    os._exit(75)
                inside.append(order)
            elif "cancel" in command:
                if \(deaf ? "True" : "False"): return
                attempt = command["cancel"]["_0"]
                for order in [o for o in inside if o["task"]["attempt"] == attempt]:
                    inside.remove(order)
                    say({"failed": {"_0": attempt, "reason": "cancelled"}})
            elif "calibrate" in command:
                request = command["calibrate"]["_0"]
                say({"calibrated": {"_0": {"job": request["job"], "shape": {"tile": 0, "batch": 1, "precision": "fp32"}}}})
        def finish():
            order = inside[0]
            attempt = order["task"]["attempt"]
            index = attempt["segment"]["index"]
            if index in hanging: return
            inside.pop(0)
            if index in failing:
                if marks: log(f"attempt {attempt_name(attempt)} ends")
                return say({"failed": {"_0": attempt, "reason": "told to fail"}})
            data = f"segment {index}".encode() * 1000
            if order["outputPath"]:
                with open(order["outputPath"], "wb") as f: f.write(data)
            blob = {"id": f"encoded/{attempt_name(attempt)}", "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            times = {"busy": 0, "starved": 0, "blocked": 0}
            say({"finished": {"_0": {"attempt": attempt, "output": blob, "frames": 8, "missing": [],
                                     "stages": {k: times for k in ("decode", "inference", "encode")}}}})
        buffer = b""
        while True:
            ready, _, _ = select.select([0], [], [], 0.05)
            if ready:
                data = os.read(0, 65536)
                if not data: break
                buffer += data
                while b"\\n" in buffer:
                    line, buffer = buffer.split(b"\\n", 1)
                    take(json.loads(line))
            elif inside and not os.path.exists(folder + "/hold"):
                finish()
        """
    }
}
