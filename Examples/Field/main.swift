import Couplet

let data = try GaussianField.Simulation(training: 10_000, test: 1000, seed: 0).dataset()
let coupling = Coupling(
  u: Linear(12, 5, key: Key(1)), v: Linear(5, 5, key: Key(2)),
  tilting: .innerProduct, temperature: try Temperature(.fixed(1)))
try Trainer(
  loss: ConditionalLoss(.twoSided), optimizer: .adam(learningRate: 0.03), batchSize: 2000,
  epochs: 30, schedule: .cosine()
).fit(coupling, to: data.training)

if let test = data.test {
  // ν(v | u)
  let posterior = coupling.conditional(.v, given: try test.u[0..<1], among: try data.training.v)
  print(posterior.top(3), posterior.mean, posterior.effectiveSampleSize)
}
