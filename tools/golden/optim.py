"""Ten-step optimizer trajectories, clipping, initialisation gains, learning-rate schedules and an EMA, in float64.

    python tools/golden/optim.py            writes tests/golden/optim.json

Made with torch 2.15.0. The problem: two parameters, `w` (2, 3) and `b` (3), with loss
    L(w, b) = 1/2 sum a (w - c)^2 + 1/4 sum (b - d)^4 + sum_j b_j (w_0j - w_1j)
(its constants are in the file). Each trajectory stores, per step, the loss before it, the gradients used and the
parameters after it, so that an optimizer can be tested by feeding it the stored gradients, with no autograd at all.
Gradients are recomputed from the moving parameters, as in training.

Clipping scales by min(1, max_norm / (norm + 1e-6)).
Schedules: `cosine` is nanoGPT's: for step < warm-up lr (step + 1) / (warm-up + 1); after the decay steps the minimum;
between them min + (lr - min) (1 + cos(pi (step - warm-up) / (decay - warm-up))) / 2. `step` is lr gamma^(floor(step /
size)). `inverse_sqrt` is the Transformer paper's with C the width: C^-0.5 min(s^-0.5, s warm-up^-1.5) at s = step + 1.
EMA: average = decay average + (1 - decay) value, started at the first value; `ema_corrected` starts at 0 and divides by
1 - decay^t.
"""

import math

import torch

import common

f64 = torch.float64
A = torch.tensor([[1.0, 4.0, 0.25], [2.0, 0.5, 8.0]], dtype=f64)
C = torch.tensor([[0.5, -1.0, 2.0], [-0.25, 1.5, 0.0]], dtype=f64)
D = torch.tensor([1.0, -2.0, 0.5], dtype=f64)
W0 = torch.tensor([[1.5, -0.5, -1.0], [0.75, 0.0, 0.3]], dtype=f64)
B0 = torch.tensor([0.2, -0.7, 1.1], dtype=f64)


def loss_of(w, b):
    return 0.5 * (A * (w - C) ** 2).sum() + 0.25 * ((b - D) ** 4).sum() + (b * (w[0] - w[1])).sum()


def trajectory(name, make, **settings):
    w, b = W0.clone().requires_grad_(), B0.clone().requires_grad_()
    optimizer, steps = make([w, b], **settings), []
    for _ in range(10):
        optimizer.zero_grad()
        loss = loss_of(w, b)
        loss.backward()
        row = {"loss": loss.item(), "grad.w": w.grad.flatten().tolist(), "grad.b": b.grad.tolist()}
        optimizer.step()
        steps.append(row | {"w": w.flatten().tolist(), "b": b.tolist()})
    settings = {key: list(value) if isinstance(value, tuple) else value for key, value in settings.items()}
    return {"name": name, "settings": settings, "steps": steps}


def trajectories():
    sgd, adam, adamw = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
    return [
        trajectory("sgd", sgd, lr=0.05),
        trajectory("sgd_momentum", sgd, lr=0.05, momentum=0.9),
        trajectory("sgd_momentum_dampened", sgd, lr=0.05, momentum=0.9, dampening=0.5),
        trajectory("sgd_nesterov", sgd, lr=0.05, momentum=0.9, nesterov=True),
        trajectory("sgd_l2", sgd, lr=0.05, weight_decay=0.1),
        trajectory("sgd_nesterov_l2", sgd, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.1),
        trajectory("adam", adam, lr=0.05, betas=(0.9, 0.999), eps=1e-8),
        trajectory("adam_l2", adam, lr=0.05, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1),
        trajectory("adam_amsgrad", adam, lr=0.05, betas=(0.5, 0.9), eps=1e-8, amsgrad=True),
        trajectory("adamw", adamw, lr=0.05, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1),
        trajectory("rmsprop", torch.optim.RMSprop, lr=0.01, alpha=0.99, eps=1e-8),
        trajectory("adagrad", torch.optim.Adagrad, lr=0.1, eps=1e-10),
    ]


def clipping():
    rows = []
    for limit in (1.0, 100.0):
        w, b = W0.clone().requires_grad_(), B0.clone().requires_grad_()
        loss_of(w, b).backward()
        before = w.grad.flatten().tolist(), b.grad.tolist()
        norm = torch.nn.utils.clip_grad_norm_([w, b], limit).item()
        rows.append(
            {
                "max_norm": limit,
                "norm": norm,
                "grad.w": before[0],
                "grad.b": before[1],
                "clipped.w": w.grad.flatten().tolist(),
                "clipped.b": b.grad.tolist(),
            }
        )
    return rows


def gains():
    gain = torch.nn.init.calculate_gain
    table = {name: gain(name) for name in ("linear", "conv1d", "sigmoid", "tanh", "relu", "selu")}
    return table | {
        "leaky_relu": gain("leaky_relu"),
        "leaky_relu(0.2)": gain("leaky_relu", 0.2),
        "leaky_relu(sqrt5)": gain("leaky_relu", 5**0.5),
    }


def bounds():
    """Standard deviations and bounds of the usual initialisations for a weight of 40 outputs and 30 inputs, tanh gain 5/3."""
    g, fan_in, fan_out = 5 / 3, 30, 40
    return {
        "fan_in": fan_in,
        "fan_out": fan_out,
        "gain": g,
        "xavier_uniform bound": g * math.sqrt(6 / (fan_in + fan_out)),
        "xavier_normal std": g * math.sqrt(2 / (fan_in + fan_out)),
        "kaiming_uniform bound": g * math.sqrt(3 / fan_in),
        "kaiming_normal std": g / math.sqrt(fan_in),
        "torch linear default bound": 1 / math.sqrt(fan_in),
    }


def schedules():
    steps = [0, 1, 5, 9, 10, 11, 50, 55, 99, 100, 101, 1000]
    lr, low, warm, decay = 1e-3, 1e-4, 10, 100

    def cosine(step):
        if step < warm:
            return lr * (step + 1) / (warm + 1)
        if step > decay:
            return low
        return low + 0.5 * (1 + math.cos(math.pi * (step - warm) / (decay - warm))) * (lr - low)

    def inverse_sqrt(step, width=512, warm=40):
        return width**-0.5 * min((step + 1) ** -0.5, (step + 1) * warm**-1.5)

    dummy = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    stepper, stepped = torch.optim.lr_scheduler.StepLR(dummy, step_size=30, gamma=0.5), []
    for _ in range(1001):
        stepped.append(dummy.param_groups[0]["lr"])
        dummy.step()
        stepper.step()
    return {
        "steps": steps,
        "cosine": {"lr": lr, "min": low, "warmup": warm, "decay": decay, "values": [cosine(s) for s in steps]},
        "step": {"lr": 0.1, "size": 30, "gamma": 0.5, "values": [stepped[s] for s in steps]},
        "inverse_sqrt": {"width": 512, "warmup": 40, "values": [inverse_sqrt(s) for s in steps]},
    }


def ema():
    values, decay = [1.0, 2.0, -1.0, 0.5, 4.0], 0.9
    average, plain, corrected, total = values[0], [], [], 0.0
    for t, value in enumerate(values):
        average = average if t == 0 else decay * average + (1 - decay) * value
        total = decay * total + (1 - decay) * value
        plain.append(average)
        corrected.append(total / (1 - decay ** (t + 1)))
    model = torch.optim.swa_utils.AveragedModel(
        torch.nn.Linear(1, 1, bias=False, dtype=f64), multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    )
    for t, value in enumerate(values):
        source = torch.nn.Linear(1, 1, bias=False, dtype=f64)
        source.weight.data.fill_(value)
        model.update_parameters(source)
        assert abs(model.module.weight.item() - plain[t]) < 1e-14
    return {"decay": decay, "values": values, "ema": plain, "ema_corrected": corrected}


def main():
    torch.set_num_threads(1)
    common.write_json(
        "optim.json",
        {
            "about": "optimizer trajectories and neighbours in float64; see tools/golden/optim.py",
            "versions": common.versions(torch),
            "problem": {
                "a": A.flatten().tolist(),
                "c": C.flatten().tolist(),
                "d": D.tolist(),
                "w": W0.flatten().tolist(),
                "b": B0.tolist(),
            },
            "trajectories": trajectories(),
            "clip_grad_norm": clipping(),
            "gains": gains(),
            "init": bounds(),
            "schedules": schedules(),
            "ema": ema(),
        },
    )


if __name__ == "__main__":
    main()
