"""A model that Couplet trained, as a PyTorch module. It needs PyTorch alone; NumPy arrays are taken where NumPy is.

    from couplet_model import load

    model = load("DIR")                                  # the folder that this file was written to
    model.embed("u", rows)                               # N x d: embeddings
    model.scores(rows_u, rows_v)                         # N x M: log density ratios up to a constant
    model.conditional("v", given=rows_u, among=rows_v)   # N x M: probabilities of the candidates, rows add up to 1
    model.conditional("v", given=rows_u)                 # the same over all labels, where v is a label
    model.classify(rows_u)                               # the most probable label of each row, by name

Rows are arrays or tensors with one sample in a row, a list of texts, or a list of labels by name. The encoders are
modules of their own, `model.u` and `model.v`, and `model(u, v)` gives scores that can be differentiated.
"""

import json
import os

import torch
import torch.nn.functional as F
from torch import nn


# Encoders. Each takes a batch of samples and gives N x outputs; the names of the parameters are those in the file.


def flat(rows, like):
    """The coordinates of each sample in a row, in the type of the weights."""
    return rows.reshape(rows.shape[0], like.shape[-1]).to(like.dtype)


class Linear(nn.Linear):
    def __init__(self, inputs, outputs, bias):
        super().__init__(inputs, outputs, bias)

    def forward(self, rows):
        return super().forward(flat(rows, self.weight))


class MLP(nn.Module):
    ACTIVATIONS = {"gelu": F.gelu, "relu": F.relu, "tanh": torch.tanh}

    def __init__(self, sizes, activation="gelu", dropout=0.0):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.activation = self.ACTIVATIONS[activation]
        self.dropout = nn.Dropout(dropout)

    def forward(self, rows):
        x = flat(rows, self.layers[0].weight)
        for index, layer in enumerate(self.layers):
            x = layer(self.dropout(self.activation(x)) if index else x)
        return x


class LeNet(nn.Module):
    def __init__(self, image, outputs):
        super().__init__()
        self.image = image
        self.convolutions = nn.ModuleList([nn.Conv2d(image[0], 6, 5, padding=2), nn.Conv2d(6, 16, 5)])
        points = ((image[1] // 2 - 4) // 2) * ((image[2] // 2 - 4) // 2)
        self.head = MLP([16 * points, 480, 84, outputs], "relu")

    def forward(self, rows):
        x = rows.reshape(-1, *self.image).to(self.convolutions[0].weight.dtype)
        x = (x - 0.1307) / 0.3081
        for layer in self.convolutions:
            x = F.relu(F.max_pool2d(layer(x), 2))
        return self.head(x)


class CNN(nn.Module):
    def __init__(self, image, seen, grid, pools, channels, hidden, dropout, outputs):
        super().__init__()
        self.image, self.seen, self.grid, self.pools = image, seen, grid, pools
        widths = [image[0]] + channels
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in zip(widths, widths[1:]))
        self.head = MLP([channels[-1] * grid[0] * grid[1], hidden, outputs], dropout=dropout)

    @staticmethod
    def resized(images, sides):
        if list(images.shape[2:]) == list(sides):
            return images
        return F.interpolate(images, size=tuple(sides), mode="bilinear", antialias=True)

    def forward(self, rows):
        x = rows.reshape(-1, *self.image).to(self.convolutions[0].weight.dtype)
        x = (self.resized(x, self.seen) - 0.5) * 4
        for layer in self.convolutions:
            x = F.relu(F.max_pool2d(layer(x), 2) if self.pools else layer(x))
        return self.head(self.resized(x, self.grid))


class Quadratic(nn.Module):
    """x -> -1/2 x'Mx + <b, x>, with the symmetric part of `curvature` for M and `slope` for b."""

    def __init__(self, inputs):
        super().__init__()
        self.curvature = nn.Parameter(torch.zeros(inputs, inputs))
        self.slope = nn.Parameter(torch.zeros(inputs))

    def forward(self, rows):
        x = flat(rows, self.slope)
        return (x * (-0.5 * (x @ self.curvature) + self.slope)).sum(dim=1, keepdim=True)


class Refined(nn.Module):
    """(z, s) -> scale * z + perceptron(z, s)."""

    def __init__(self, inputs, outputs, hidden):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(outputs))
        self.hidden = nn.Linear(inputs, hidden)
        self.output = nn.Linear(hidden, outputs)

    def forward(self, rows):
        x = flat(rows, self.hidden.weight)
        return x[:, : len(self.scale)] * self.scale + self.output(F.gelu(self.hidden(x)))


class Attention(nn.Module):
    def __init__(self, width, heads, causal):
        super().__init__()
        self.projection = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.heads, self.causal = heads, causal

    def forward(self, tokens):
        n, length, width = tokens.shape
        joint = self.projection(tokens).reshape(n, length, 3, self.heads, width // self.heads)
        query, key, value = joint.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=self.causal)
        return self.output(mixed.transpose(1, 2).reshape(n, length, width))


class Block(nn.Module):
    def __init__(self, width, heads, hidden, causal):
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.attention = Attention(width, heads, causal)
        self.perceptron = nn.ModuleList([nn.Linear(width, hidden), nn.Linear(hidden, width)])

    def forward(self, tokens):
        x = tokens + self.attention(self.norms[0](tokens))
        return x + self.perceptron[1](F.gelu(self.perceptron[0](self.norms[1](x))))


class Transformer(nn.Module):
    """Paths of N x points x coordinates."""

    def __init__(
        self, tokens, coordinates, width, depth, heads, hidden, causal, pooling, every, patch, velocities, waves, gated,
        bfloat16, outputs,
    ):
        super().__init__()
        self.every, self.patch, self.velocities, self.heads = every, patch, velocities, heads
        self.pooling, self.bfloat16 = pooling, bfloat16
        seen = coordinates * (2 if velocities else 1)
        if waves:
            count = ((2 * waves + 1) ** 2 - 1) // 2
            self.channels = nn.Module()
            self.channels.register_buffer("wavenumbers", torch.zeros(2, count))
            seen += coordinates * count
        self.lift = nn.ModuleDict({"joined": nn.Linear((width if gated else seen) * patch, width)})
        if gated:
            self.lift["gate"] = nn.Linear(seen, 2 * width)
        self.positions = nn.Parameter(torch.zeros(tokens, width))
        self.blocks = nn.ModuleList(Block(width, heads, hidden, causal) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        if pooling == "attention":
            self.scores = nn.Linear(width, heads)
        self.projection = nn.Linear(width * (tokens if pooling == "all" else 1), outputs)

    def forward(self, rows):
        paths = rows.to(self.positions.dtype)
        missing = len(self.positions) * self.every * self.patch - paths.shape[1]
        paths = torch.cat([paths[:, :1].expand(-1, missing, -1), paths], dim=1)
        points = self.points(paths)
        with torch.autocast(points.device.type, dtype=torch.bfloat16, enabled=self.bfloat16):
            tokens = self.lifted(points) + self.positions
            for block in self.blocks:
                tokens = block(tokens)
            return self.projection(self.pooled(self.norm(tokens))).to(paths.dtype)

    def points(self, paths):
        """The channels of each point that is seen: coordinates, velocities, waves."""
        seen = paths[:, self.every - 1 :: self.every]
        n, count, coordinates = seen.shape
        channels = [seen]
        if self.velocities:
            before = torch.cat([paths[:, :1], seen[:, :-1]], dim=1)
            channels.append((seen - before) * count)
        if hasattr(self, "channels"):
            turns = seen.reshape(n * count * coordinates // 2, 2) @ self.channels.wavenumbers
            phases = (turns * (2 * torch.pi)).reshape(n, count, -1)
            channels += [phases.cos(), phases.sin()]
        return torch.cat(channels, dim=2)

    def lifted(self, points):
        if "gate" in self.lift:
            left, right = self.lift["gate"](points).chunk(2, dim=2)
            points = left * right
        n, count, channels = points.shape
        return self.lift["joined"](points.reshape(n, count // self.patch, self.patch * channels))

    def pooled(self, tokens):
        n, count, width = tokens.shape
        if self.pooling == "last":
            return tokens[:, -1]
        if self.pooling == "all":
            return tokens.reshape(n, count * width)
        weights = self.scores(tokens).softmax(dim=1).transpose(1, 2).unsqueeze(2)
        values = tokens.reshape(n, count, self.heads, width // self.heads).transpose(1, 2)
        return (weights.to(values.dtype) @ values).reshape(n, width)


class NGrams(nn.Module):
    """Texts by their hashed n-grams of bytes (FNV-1a of 32 bits), each bucket weighted by log(1 + count)."""

    def __init__(self, sizes, buckets, hidden, dropout, outputs):
        super().__init__()
        self.sizes = sizes
        self.buckets = nn.Embedding(buckets, hidden)
        self.bias = nn.Parameter(torch.zeros(hidden))
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, outputs)

    def features(self, text):
        """The buckets of a text and their weights, of length 1 in all."""
        data = list(b" " + text.encode().split(b"\0")[0] + b" ")
        data = torch.tensor(data, dtype=torch.int64)
        hashes = []
        for size in self.sizes:
            if size <= len(data):
                value = torch.full((len(data) - size + 1,), 2166136261, dtype=torch.int64)
                for offset in range(size):
                    value = ((value ^ data[offset : offset + len(value)]) * 16777619) & 0xFFFFFFFF
                hashes.append(value)
        if not hashes:
            return torch.zeros(0, dtype=torch.int64), torch.zeros(0)
        places, counts = (torch.cat(hashes) % self.buckets.num_embeddings).unique(return_counts=True)
        weights = counts.double().log1p()
        return places, weights / weights.norm()

    def forward(self, texts):
        features = [self.features(text) for text in texts]
        table = self.buckets.weight
        places = torch.cat([place for place, _ in features]).to(table.device)
        weights = torch.cat([weight for _, weight in features]).to(table)
        ends = torch.tensor([len(place) for place, _ in features]).cumsum(0)
        offsets = torch.cat([torch.zeros(1, dtype=torch.int64), ends[:-1]]).to(table.device)
        sums = F.embedding_bag(places, table, offsets, mode="sum", per_sample_weights=weights)
        return self.output(self.dropout(F.gelu(sums + self.bias)))


class Embedding(nn.Embedding):
    def __init__(self, labels, outputs):
        super().__init__(labels, outputs)


class OneHot(nn.Module):
    def __init__(self, labels):
        super().__init__()
        self.labels = labels

    def forward(self, places):
        return F.one_hot(places, self.labels).float()


class Fixed(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.outputs = outputs

    def forward(self, rows):
        return rows.reshape(rows.shape[0], self.outputs).float()


class TorchScript(nn.Module):
    """A network of TorchScript, and a linear map of what it gives."""

    def __init__(self, file, features, outputs):
        super().__init__()
        self.network = torch.jit.load(file, map_location="cpu")
        self.projection = nn.Linear(features, outputs)
        kinds = [p.dtype for p in self.network.parameters() if p.is_floating_point()]
        self.dtype = kinds[0] if kinds else torch.float32

    def forward(self, rows):
        return self.projection(flat(self.network(rows.to(self.dtype)), self.projection.weight))


class Pair(nn.Module):
    """A number for each pair of embeddings: a residual network on both joined."""

    def __init__(self, inputs, width, blocks):
        super().__init__()
        self.inputs = inputs
        self.input = nn.Linear(sum(inputs), width)
        self.blocks = nn.ModuleList(
            nn.ModuleDict(
                {"norm": nn.LayerNorm(width), "first": nn.Linear(width, width), "second": nn.Linear(width, width)}
            )
            for _ in range(blocks)
        )
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, 1, bias=False)

    def forward(self, u, v):
        left, right = self.input.weight.split(self.inputs, dim=1)
        u, v = F.linear(u.to(left.dtype), left, self.input.bias), F.linear(v.to(right.dtype), right)
        # Some million numbers at a time.
        rows = max(1, (1 << 22) // max(1, v.numel()))
        return torch.cat([self.scored(part.unsqueeze(1) + v) for part in u.split(rows)])

    def scored(self, h):
        for block in self.blocks:
            h = h + block["second"](F.gelu(block["first"](block["norm"](h))))
        return self.output(self.norm(h)).squeeze(2)


class Standardized(nn.Module):
    """(x - mean) / scale in double precision, then the encoder within."""

    def __init__(self, shape, encoder):
        super().__init__()
        self.register_buffer("mean", torch.zeros(shape, dtype=torch.float64))
        self.register_buffer("scale", torch.ones(shape, dtype=torch.float64))
        self.encoder = encoder

    def forward(self, rows):
        return self.encoder(((rows.to(self.mean.dtype) - self.mean) / self.scale).to(rows.dtype))


class Whitened(nn.Module):
    """matrix (x - mean), then the encoder within."""

    def __init__(self, shape, encoder):
        super().__init__()
        size = torch.Size(shape).numel()
        self.register_buffer("mean", torch.zeros(shape, dtype=torch.float64))
        self.register_buffer("matrix", torch.eye(size))
        self.encoder = encoder

    def forward(self, rows):
        centred = rows.to(self.mean.dtype) - self.mean
        return self.encoder((flat(centred, self.matrix) @ self.matrix).reshape(rows.shape))


class Normalized(nn.Module):
    """The encoder within, its embeddings brought to length 1."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder

    def forward(self, rows):
        return normalized(self.encoder(rows))


KINDS = {
    "linear": Linear, "mlp": MLP, "lenet": LeNet, "cnn": CNN, "quadratic": Quadratic, "refined": Refined,
    "transformer": Transformer, "ngrams": NGrams, "embedding": Embedding, "one-hot": OneHot, "fixed": Fixed,
    "torchscript": TorchScript, "standardized": Standardized, "whitened": Whitened, "normalized": Normalized,
    "pair": Pair,
}


def module(description, place):
    """The module of a description {"kind": ..., arguments}; a file that it reads is `place` with a suffix."""
    arguments = {name: value for name, value in description.items() if name != "kind"}
    if "encoder" in arguments:
        arguments["encoder"] = module(arguments["encoder"], place)
    if description["kind"] == "torchscript":
        arguments["file"] = place + ".pt"
    return KINDS[description["kind"]](**arguments)


def normalized(x):
    """Rows of length 1; a row of zeros stays as it is."""
    x = x / x.detach().abs().amax(dim=1, keepdim=True).clamp_min(torch.finfo(x.dtype).tiny)
    square = x.square().sum(dim=1, keepdim=True)
    return x * torch.where(square == 0, 1, square).rsqrt()


# The model.


class Coupling(nn.Module):
    """s(u, v) = tilting(g_u(u), g_v(v)) / temperature + pair(g_u(u), g_v(v)) + potential_u(u) + potential_v(v)."""

    def __init__(self, description, folder):
        super().__init__()
        self.description = description
        self.sides = {side["modality"]: side for side in description["sides"]}
        self.modalities = list(self.sides)
        self.labels = {name: side["space"]["names"] for name, side in self.sides.items() if "names" in side["space"]}
        self.places = {
            name: {label: place for place, label in enumerate(labels)} for name, labels in self.labels.items()
        }
        self.potential = nn.ModuleDict()
        for name, side in self.sides.items():
            self.add_module(name, module(side["encoder"], os.path.join(folder, name)))
            if side["potential"] is not None:
                self.potential[name] = module(side["potential"], os.path.join(folder, "potential." + name))
        self.pair = module(description["pair"], folder) if description["pair"] is not None else None
        temperature = torch.tensor(description["temperature"], dtype=torch.float64)
        if description["temperature_is_learned"]:
            self.log_temperature = nn.Parameter(temperature.log().float())
        else:
            self.register_buffer("log_temperature", temperature.log(), persistent=False)
        if description["shift_is_learned"]:
            self.shift = nn.Parameter(torch.zeros(1))

    @property
    def device(self):
        return self.log_temperature.device

    def partner(self, modality):
        return self.modalities[1 - self.modalities.index(modality)]

    def samples(self, modality, rows):
        """Rows as the encoder takes them; raises ValueError for what are no samples of the modality."""
        space = self.sides[modality]["space"]
        if space["kind"] == "text":
            return list(rows)
        if space["kind"] == "labels":
            names = rows.tolist() if hasattr(rows, "tolist") else list(rows)
            unknown = [name for name in names if str(name) not in self.places[modality]]
            if unknown:
                raise ValueError(f"{modality} has no label {unknown[0]!r}")
            places = [self.places[modality][str(name)] for name in names]
            return torch.tensor(places, dtype=torch.int64, device=self.device)
        # Numbers of Python have double precision.
        rows = torch.as_tensor(rows, dtype=torch.float64 if isinstance(rows, (list, tuple)) else None)
        if list(rows.shape[1:]) != space["shape"]:
            raise ValueError(f"{modality} has samples of shape {space['shape']}, not {list(rows.shape[1:])}")
        if not rows.is_floating_point():
            rows = rows.to(torch.float64 if rows.dtype == torch.int64 else torch.float32)
            rows = rows / 255 if space["kind"] == "image" else rows
        return rows.to(self.device)

    def embedded(self, modality, samples):
        """Embeddings, and what the potential adds to a score."""
        vectors = getattr(self, modality)(samples)
        if modality in self.potential:
            added = self.potential[modality](samples).flatten()
        else:
            added = vectors.new_zeros(len(vectors))
        if modality == self.modalities[0] and hasattr(self, "shift"):
            added = added + self.shift
        return vectors, added

    def score(self, u, v):
        (x, added_u), (y, added_v) = u, v
        scores = added_u.unsqueeze(1) + added_v
        if self.pair is not None:
            scores = scores + self.pair(x, y)
        if self.description["tilting"] is None:
            return scores
        if self.description["tilting"] == "cosine":
            x, y = normalized(x), normalized(y)
        inner = x @ y.T
        if self.description["tilting"] == "squared-distance":
            center = y.detach().mean(dim=0, keepdim=True)
            x, y = x - center, y - center
            inner = x @ y.T - x.square().sum(1, keepdim=True) / 2 - y.square().sum(1) / 2
        return scores + inner / self.log_temperature.exp().to(inner.dtype)

    def forward(self, u, v):
        """Scores, N x M, of batches as `samples` gives them; for training on."""
        return self.score(self.embedded(self.modalities[0], u), self.embedded(self.modalities[1], v))

    @torch.no_grad()
    def prepared(self, modality, rows, block=1024):
        """Embeddings and potentials of any number of rows."""
        samples = self.samples(modality, rows)
        starts = range(0, max(len(samples), 1), block)
        parts = [self.embedded(modality, samples[start : start + block]) for start in starts]
        vectors, added = zip(*parts)
        return torch.cat(vectors), torch.cat(added)

    def embed(self, modality, rows):
        """The embeddings of rows, N x d."""
        return self.prepared(modality, rows)[0]

    @torch.no_grad()
    def scores(self, u, v):
        """s(u_i, v_j) in double precision, N x M."""
        sides = [self.prepared(name, rows) for name, rows in zip(self.modalities, (u, v))]
        return self.score(*[(vectors.double(), added.double()) for vectors, added in sides])

    @torch.no_grad()
    def conditional(self, of, given, among=None, log_weights=None):
        """The probabilities of candidates for each given row, in double precision: N x M, or N x K over all labels.

        `log_weights` are those of the candidates under the reference, up to a constant: by default equal, and for all
        labels those that belong to the training.
        """
        if among is None:
            if of not in self.labels:
                raise ValueError(f"{of} is no label in this model: give candidates with among=")
            among = self.labels[of]
            if log_weights is None:
                log_weights = torch.tensor(self.sides[of]["label_weights"], dtype=torch.float64).log()
        rows = {of: among, self.partner(of): given}
        scores = self.scores(*[rows[name] for name in self.modalities])
        scores = scores.T if of == self.modalities[0] else scores
        if log_weights is not None:
            scores = scores + torch.as_tensor(log_weights, dtype=torch.float64).to(scores.device)
        return scores.softmax(dim=1)

    def classify(self, u):
        """The most probable label of each row of the first modality, by name."""
        label = self.modalities[1]
        return [self.labels[label][place] for place in self.conditional(label, given=u).argmax(dim=1).tolist()]


# The files.


def read_safetensors(path):
    """The tensors of a file by name."""
    types = {
        "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
        "I32": torch.int32, "U8": torch.uint8, "BOOL": torch.bool,
    }
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            kind, part = types[entry["dtype"]], data[start:end]
            values = torch.frombuffer(part, dtype=kind) if part else torch.empty(0, dtype=kind)
            tensors[name] = values.reshape(entry["shape"])
    return tensors


def load(folder=os.path.dirname(os.path.abspath(__file__))):
    """The model in a folder, ready to answer: in the mode for evaluation, on the processor."""
    with open(os.path.join(folder, "model.json"), encoding="utf-8") as file:
        model = Coupling(json.load(file), folder)
    weights = read_safetensors(os.path.join(folder, "model.safetensors"))
    missing, unknown = model.load_state_dict(weights, strict=False)
    # What TorchScript brings itself is in its own file.
    lost = unknown + [name for name in missing if "network" not in name.split(".")]
    if lost:
        raise ValueError(f"model.safetensors and model.json do not belong together: {lost[0]}")
    return model.eval()
