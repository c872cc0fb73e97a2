import Figures
import Foundation

/// One figure of every kind, with data made up of formulas: what a reader sees when judging the
/// default style, and what the tests draw.
enum Gallery {
  static let figures: [(name: String, figure: Figure)] = [
    ("densities", densities), ("contours", contours), ("bands", bands), ("errors", errors),
    ("labels", labels), ("recall", recall), ("potential", potential),
    ("calibration", calibration), ("reliability", reliability), ("matrices", matrices),
    ("histogram", histogram), ("samples", samples),
  ]

  static func grid(_ range: ClosedRange<Double>, _ count: Int) -> [Double] {
    (0..<count).map {
      range.lowerBound + (range.upperBound - range.lowerBound) * Double($0) / Double(count - 1)
    }
  }

  static func normal(_ x: Double, mean: Double = 0, variance: Double = 1) -> Double {
    exp(-(x - mean) * (x - mean) / (2 * variance)) / (2 * .pi * variance).squareRoot()
  }

  /// Numbers in 0..<1 that look random and are the same in every run.
  static func noise(_ count: Int, seed: Int) -> [Double] {
    (0..<count).map { i in
      let x = sin(Double(i + 1) * 12.9898 + Double(seed) * 78.233) * 43758.5453
      return x - x.rounded(.down)
    }
  }

  static func gaussianNoise(_ count: Int, seed: Int) -> [Double] {
    zip(noise(count, seed: seed), noise(count, seed: seed + 1000)).map {
      (-2 * log(max($0, 1e-12))).squareRoot() * cos(2 * .pi * $1)
    }
  }

  // MARK: Gaussian figures

  static var densities: Figure {
    let x = grid(-5...5, 201)
    func panel(
      _ title: Text, _ variable: Text, _ truth: (Double, Double), _ model: (Double, Double)
    )
      -> Panel
    {
      Panel(
        title: title, x: Axis(variable), y: Axis("density"),
        [
          .line(
            x: x, y: x.map { normal($0, mean: truth.0, variance: truth.1) }, label: "truth",
            color: .black),
          .line(
            x: x, y: x.map { normal($0, mean: model.0, variance: model.1) }, label: "model",
            color: .vermilion, width: 2, dash: .dashed),
        ])
    }
    return Figure(
      title: "Inner product, two-sided loss",
      rows: [
        [
          panel("u | v = 1", "u", (0.667, 0.833), (0.667, 1.5)),
          panel("v | u = 1", "v", (0.667, 0.833), (0.667, 1.5)),
        ],
        [
          panel("marginal of u", "u", (0, 1.5), (0, 2.7)),
          panel("marginal of v", "v", (0, 1.5), (0, 2.7)),
        ],
      ], rowHeights: [160],
      note: "Conditional means are exact, conditional variances stay at those of the marginals. "
        + "The covariance is [[1.5, 1], [1, 1.5]] and the embedding has one dimension.")
  }

  static var contours: Figure {
    let axis = grid(-4...4, 81)
    let levels = [0.01, 0.03, 0.05, 0.07, 0.09, 0.11, 0.13]
    func panel(_ title: Text, _ correlation: Double, isFirst: Bool, isLast: Bool) -> Panel {
      let field = ScalarField(x: axis, y: axis) { u, v in
        let determinant = 1 - correlation * correlation
        return exp(-(u * u - 2 * correlation * u * v + v * v) / (2 * determinant * 1.5))
          / (2 * .pi * 1.5 * determinant.squareRoot())
      }
      return Panel(
        title: title, x: Axis("u"), y: isFirst ? Axis("v") : Axis(ticks: .none), equalAspect: true,
        colorBar: isLast ? .shown("density") : .none,
        [
          .filledContours(field, levels: levels),
          .contours(field, levels: levels, color: Color(0x08306B), width: 0.5),
        ])
    }
    return Figure(
      rows: [
        [
          panel("truth", 0.667, isFirst: true, isLast: false),
          panel("inner product", 0.45, isFirst: false, isLast: false),
          panel("squared distance", 0.6, isFirst: false, isLast: true),
        ]
      ], columnWidths: [190], rowHeights: [190])
  }

  static var bands: Figure {
    let x = grid(0...1, 60)
    func panel(_ title: Text, isFirst: Bool, seed: Int) -> Panel {
      let mean = x.map { 0.3 * cos(.pi * $0) + 0.1 * cos(3 * .pi * $0 + Double(seed)) }
      let deviation = x.map { 0.04 + 0.05 * $0 * $0 }
      let samples = (0..<400).map { sample in
        let z = gaussianNoise(4, seed: 17 * sample + seed)
        return x.indices.map { i in
          mean[i] + deviation[i] * (z[0] * cos(.pi * x[i]) + z[1] * sin(.pi * x[i]))
        }
      }
      return Panel(
        title: title, x: Axis("x"),
        y: isFirst ? Axis("w(x)", range: -0.6...0.6) : Axis(range: -0.6...0.6),
        legend: isFirst ? .topRight : .none,
        [
          .lines(x: x, curves: samples, color: .gray, width: 0.4, opacity: 0.12),
          .band(
            x: x, lower: zip(mean, deviation).map { $0 - 1.96 * $1 },
            upper: zip(mean, deviation).map { $0 + 1.96 * $1 }, label: "95 % band", color: .blue),
          .line(x: x, y: mean, label: "mean", color: .blue, width: 2),
          .points(
            x: [0.1, 0.3, 0.5, 0.7, 0.9], y: [0.25, 0.12, 0.02, -0.12, -0.28], label: "data",
            color: .black),
        ])
    }
    return Figure(
      rows: [[panel("w | v", isFirst: true, seed: 1), panel("u | v", isFirst: false, seed: 2)]],
      rowHeights: [200], note: "400 samples, their mean and the band of 95 % for one realisation.")
  }

  static var errors: Figure {
    let d = [1.0, 2, 3, 4, 5, 6]
    let counts = [2e3, 5e3, 1e4, 2e4, 5e4, 1e5]
    let batches = [128.0, 256, 512, 1024]
    func series(_ x: [Double], _ f: (Double) -> Double) -> [Double] { x.map(f) }
    return Figure(
      rows: [
        [
          Panel(
            title: "embedding dimension", x: Axis("d", ticks: .at(d)),
            y: Axis("mean squared error", range: 1e-3...3, scale: .logarithmic),
            legend: .topRight,
            [
              .horizontal(at: 0.0022, label: "floor"),
              .linePoints(x: d, y: series(d) { 1.5 * exp(-0.4 * $0) }, label: .maths("E[v | u]")),
              .linePoints(
                x: d, y: series(d) { 0.12 * exp(-0.35 * $0) }, label: .maths("E[u | v]"),
                symbol: .square),
            ]),
          Panel(
            title: "batch size", x: Axis("N_b", scale: .logarithmic, ticks: .at(batches)),
            y: Axis(range: 1e-3...3, scale: .logarithmic), legend: .none,
            [
              .errorBars(
                x: batches, y: series(batches) { 20 / $0 }, lower: series(batches) { 14 / $0 },
                upper: series(batches) { 30 / $0 }),
              .linePoints(x: batches, y: series(batches) { 3 / $0 }, symbol: .square),
            ]),
          Panel(
            title: "number of pairs", x: Axis("N", scale: .logarithmic),
            y: Axis(range: 1e-3...3, scale: .logarithmic), legend: .outside,
            [
              .line(
                x: counts, y: series(counts) { 1000 / $0 }, label: .maths("slope N^{−1}"),
                color: .gray, width: 1, dash: .dotted),
              .linePoints(x: counts, y: series(counts) { 2100 / $0 }, label: "trained"),
              .linePoints(
                x: counts, y: series(counts) { 600 / pow($0, 0.9) }, label: "plug-in",
                symbol: .triangle),
              .linePoints(
                x: counts, y: [0.1, 0.05, .nan, 0.02, 0.011, 0.006], label: "with a gap",
                symbol: .diamond),
            ]),
        ]
      ], columnWidths: [190], rowHeights: [200])
  }

  // MARK: Images

  /// A drawn digit-like picture: a ring or a bar.
  static func picture(_ kind: Int) -> GrayImage {
    let values = (0..<28 * 28).map { index -> Double in
      let (x, y) = (Double(index % 28) - 13.5, Double(index / 28) - 13.5)
      let tilt = 0.25 * Double(kind % 5 - 2)
      let distance =
        kind % 2 == 0
        ? abs(((x + tilt * y) * (x + tilt * y) + 0.45 * y * y).squareRoot() - 5.5)
        : abs(x + tilt * y)
      return abs(y) > 11 ? 0 : max(0, min(1, 2.2 - distance))
    }
    return GrayImage(width: 28, height: 28, values: values, inverted: true)
  }

  static var labels: Figure {
    let names = (0...9).map { Text("\($0)") }
    let losses: [Text] = ["two-sided", "label given image", "image given label"]
    let rows = (0..<3).map { image in
      [Panel.image(picture(image))]
        + losses.enumerated().map { loss, name in
          let weights = noise(10, seed: 10 * image + loss).map { exp(6 * $0) }
          let total = weights.reduce(0, +)
          var x = Axis.categories(names)
          if image == 2 { x.label = "digit" }
          return Panel(
            title: image == 0 ? name : nil, x: x,
            y: loss == 0
              ? Axis("probability", range: 0...1)
              : Axis(range: 0...1, ticks: .unlabelled),
            [.bars(x: (0...9).map(Double.init), heights: weights.map { $0 / total }, color: .blue)])
        }
    }
    return Figure(rows: rows, columnWidths: [90, 180], rowHeights: [90])
  }

  static var samples: Figure {
    let rows: [(label: Text?, images: [GrayImage])] = ["two-sided", "image given label"].map {
      name in (label: name, images: (0..<16).map { picture($0 % 7) })
    }
    return Figure(
      ImageGrid(rows: rows).panel(title: "16 draws from ν(u | v = 7)"), width: 560, height: 72)
  }

  // MARK: Retrieval and assimilation

  static var recall: Figure {
    let iterations = grid(0...5000, 101)
    func panel(_ title: Text, _ rate: Double, isLeft: Bool, isBottom: Bool) -> Panel {
      func curve(_ rate: Double, seed: Int) -> [Double] {
        zip(iterations, noise(101, seed: seed)).map {
          min(1, max(0, 1 - exp(-rate * $0 / 1000) + 0.02 * ($1 - 0.5)))
        }
      }
      return Panel(
        title: title, x: Axis(isBottom ? "iteration" : nil),
        y: Axis(isLeft ? "recall" : nil, range: 0...1.02), legend: .bottomRight,
        [
          .line(x: iterations, y: curve(rate, seed: 3), label: "training"),
          .line(x: iterations, y: curve(0.8 * rate, seed: 4), label: "test", dash: .dashed),
        ])
    }
    return Figure(
      rows: [
        [
          panel("potential → trajectory, K = 1", 0.9, isLeft: true, isBottom: false),
          panel("trajectory → potential, K = 1", 0.6, isLeft: false, isBottom: false),
        ],
        [
          panel("potential → trajectory, K = 5", 1.6, isLeft: true, isBottom: true),
          panel("trajectory → potential, K = 5", 1.2, isLeft: false, isBottom: true),
        ],
      ], rowHeights: [150])
  }

  static var potential: Figure {
    let axis = grid(0...1, 101)
    let field = ScalarField(x: axis, y: axis) { x, y in
      sin(2 * .pi * x) * cos(2 * .pi * y) + 0.5 * cos(2 * .pi * (2 * x + y))
    }
    let t = grid(0...1, 200)
    let path = (
      x: t.map { 0.75 - 0.3 * sin(3 * $0) * $0 }, y: t.map { 0.75 - 0.5 * sin(1.9 * $0) }
    )
    let nodes = grid(0.05...0.95, 14)
    let pairs = nodes.flatMap { x in nodes.map { (x, $0) } }
    return Figure(
      rows: [
        [
          Panel(
            title: "potential and trajectory", x: Axis(.maths("x_{1}")), y: Axis(.maths("x_{2}")),
            equalAspect: true, colorBar: .shown("ψ"),
            [
              .heatmap(field, map: .signed, range: -1.5...1.5),
              .contours(
                field, levels: [-1.2, -0.9, -0.6, -0.3, 0, 0.3, 0.6, 0.9, 1.2], width: 0.5),
              .line(x: path.x, y: path.y, color: .black, width: 2.4),
              .points(x: [0.75], y: [0.75], color: .black, size: 1),
              .text("x(0)", x: 0.78, y: 0.77),
            ]),
          Panel(
            title: "velocity", x: Axis(.maths("x_{1}"), range: 0...1), y: Axis(range: 0...1),
            equalAspect: true, grid: false,
            [
              .arrows(
                x: pairs.map(\.0), y: pairs.map(\.1),
                dx: pairs.map { -0.045 * sin(2 * .pi * $0.0) * sin(2 * .pi * $0.1) },
                dy: pairs.map { -0.045 * cos(2 * .pi * $0.0) * cos(2 * .pi * $0.1) }, color: .blue)
            ]),
        ]
      ], columnWidths: [260], rowHeights: [260])
  }

  // MARK: Calibration

  static var calibration: Figure {
    let edges = grid(0...100, 21)
    return Figure(
      rows: [
        ["w(0.25)", "w(0.75)"].enumerated().map { index, name in
          Panel(
            title: "\(name)", x: Axis("rank"), y: Axis(index == 0 ? "count" : nil, range: 0...90),
            [
              .band(
                x: [0, 100], lower: [38, 38], upper: [62, 62], label: "99 % if calibrated",
                color: .gray, opacity: 0.3),
              .histogram(
                edges: edges, heights: noise(20, seed: index).map { (40 + 20 * $0).rounded() },
                color: .blue, opacity: 0.6),
              .horizontal(at: 50, color: .black, width: 0.9),
            ])
        }
      ], rowHeights: [160])
  }

  static var reliability: Figure {
    let p = grid(0.05...0.95, 10)
    return Figure(
      Panel(
        title: "Reliability", x: Axis("predicted probability", range: 0...1),
        y: Axis("observed frequency", range: 0...1), legend: .topLeft, equalAspect: true,
        [
          .line(x: [0, 1], y: [0, 1], label: "calibrated", color: .gray, width: 1, dash: .dashed),
          .errorBars(
            x: p, y: p.map { $0 - 0.3 * $0 * (1 - $0) }, lower: p.map { $0 - 0.42 * $0 * (1 - $0) },
            upper: p.map { $0 - 0.18 * $0 * (1 - $0) }, label: "two-sided"),
          .linePoints(
            x: p, y: p.map { $0 + 0.15 * $0 * (1 - $0) }, label: "label given image", width: 1.1,
            symbol: .square),
          .text("over-confident", atFraction: 0.95, 0.08, anchor: .right, color: .gray),
        ]), width: 260, height: 260)
  }

  static var matrices: Figure {
    func score(_ i: Int, _ j: Int) -> Double {
      i == 2 && j == 5 ? .nan : exp(-0.4 * abs(Double(i - j)))
    }
    let scores = (0..<8).map { i in (0..<8).map { j in score(i, j) } }
    return Figure(
      Panel(
        title: "score_matrix {S}^2 @ 50 % & <b>",
        x: Axis("candidate", ticks: .at((0..<8).map(Double.init))),
        y: Axis(
          "query", ticks: .labelled((0..<8).map(Double.init), (0..<8).reversed().map { "q_\($0)" })),
        equalAspect: true, colorBar: .shown("S"), [.matrix(scores)]), width: 200, height: 200)
  }

  static var histogram: Figure {
    let edges = grid(-3...3, 25)
    let centres = zip(edges, edges.dropFirst()).map { ($0 + $1) / 2 }
    let x = grid(-3...3, 121)
    return Figure(
      Panel(
        x: Axis("z"), y: Axis("density"), legend: .below,
        [
          .histogram(
            edges: edges,
            heights: zip(centres, noise(24, seed: 5)).map {
              max(0, normal($0) + 0.04 * ($1 - 0.5))
            },
            label: "samples", color: .sky),
          .line(x: x, y: x.map { normal($0) }, label: "truth", color: .black),
          .steps(
            x: edges, y: edges.map { 0.5 + 0.5 * tanh(0.9 * $0) }.map { 0.4 * $0 },
            label: "distribution function × 0.4", color: .vermilion),
          .vertical(at: 1.96, label: "97.5 %"),
        ]))
  }
}
