#include "grimoire/train/run_config.h"

#include "grimoire/base/error.h"
#include "grimoire/model/language_model.h"

namespace grim {

const std::vector<std::string>& trainable_models() {
  static const std::vector<std::string> models = {"bigram", "neural-bigram", "mlp", "bow", "rnn", "gru", "lstm", "wavenet", "gpt"};
  return models;
}

Options RunConfig::options() {
  std::vector<std::string> models = trainable_models();
  for (const auto& [name, reading] : added_language_models()) models.push_back(name);
  return {
      {.name = "model", .help = "which model to train", .target = &model, .choices = models, .basic = true},
      {.name = "data", .help = "text file, one item a line or running text", .target = &data, .basic = true},
      {.name = "out", .help = "folder for the run; made if missing", .target = &out, .basic = true},
      {.name = "format", .help = "how to read the data", .target = &format, .choices = {"auto", "lines", "text"}},
      {.name = "steps", .help = "optimiser steps", .target = &steps, .low = 0, .basic = true},
      {.name = "seed", .help = "seed of every random number", .target = &seed, .low = 0, .basic = true},
      {.name = "threads", .help = "threads; 0 takes every core", .target = &threads, .low = 0, .high = 256, .basic = true},
      {.name = "rng", .help = "random numbers: our own, or PyTorch's value for value", .target = &rng, .choices = {"philox", "torch"}, .basic = true},
      {.name = "context", .help = "tokens the model looks back on", .target = &context, .low = 0, .high = 1 << 24},
      {.name = "n-embd", .help = "width of the embedding and the residual stream", .target = &n_embd, .low = 0, .high = 1 << 20},
      {.name = "n-hidden", .help = "width of the hidden layer", .target = &n_hidden, .low = 0, .high = 1 << 20},
      {.name = "n-layer", .help = "layers", .target = &n_layer, .low = 0, .high = 1 << 16},
      {.name = "n-head", .help = "attention heads", .target = &n_head, .low = 0, .high = 1 << 16},
      {.name = "dropout", .help = "probability of dropping an activation", .target = &dropout, .low = 0, .high = 0.99},
      {.name = "batch-norm", .help = "BatchNorm before each hidden layer's tanh (mlp)", .target = &batch_norm},
      {.name = "gain", .help = "hidden weights start at gain / sqrt(inputs); 0 takes tanh's 5/3 (mlp)", .target = &gain, .low = 0, .high = 1000},
      {.name = "last-scale", .help = "last weights start at this / sqrt(inputs); 0 takes the recipe's (mlp)", .target = &last_scale, .low = 0, .high = 1000},
      {.name = "tied", .help = "output layer shares the token embedding (gpt)", .target = &tied},
      {.name = "biases", .help = "biases in linear layers and norms (gpt)", .target = &biases},
      {.name = "init", .help = "initial weights (gpt): GPT-2's, or PyTorch's layer defaults as in makemore", .target = &init, .choices = {"gpt2", "torch"}},
      {.name = "smoothing", .help = "added to every count (bigram)", .target = &smoothing, .low = 0},
      {.name = "batch-size", .help = "examples in a batch", .target = &batch_size, .low = 0, .high = 1 << 24},
      {.name = "accumulate", .help = "batches added up for one step", .target = &accumulate, .low = 1},
      {.name = "full-batch", .help = "every example in every step", .target = &full_batch},
      {.name = "optimizer", .help = "how weights are updated", .target = &optimizer, .choices = {"sgd", "adam", "adamw"}},
      {.name = "lr", .help = "learning rate (its peak)", .target = &lr, .low = 0},
      {.name = "min-lr", .help = "learning rate at the end of a cosine", .target = &min_lr, .low = 0},
      {.name = "schedule", .help = "course of the learning rate", .target = &schedule, .choices = {"constant", "cosine", "step", "inverse-sqrt"}},
      {.name = "warmup", .help = "steps of linear growth at the start", .target = &warmup, .low = 0},
      {.name = "decay-at", .help = "step schedule: share of the steps after which the rate drops", .target = &decay_at, .low = 0, .high = 1},
      {.name = "decay-factor", .help = "step schedule: the rate is multiplied by this", .target = &decay_factor, .low = 0, .high = 1},
      {.name = "momentum", .help = "momentum of sgd", .target = &momentum, .low = 0, .high = 0.9999},
      {.name = "nesterov", .help = "Nesterov's form of momentum", .target = &nesterov},
      {.name = "beta1", .help = "decay of Adam's first moment", .target = &beta1, .low = 0, .high = 0.999999},
      {.name = "beta2", .help = "decay of Adam's second moment", .target = &beta2, .low = 0, .high = 0.999999},
      {.name = "weight-decay", .help = "decoupled weight decay (adamw)", .target = &weight_decay, .low = 0},
      {.name = "decay-all", .help = "decay biases, norms and vectors too", .target = &decay_all},
      {.name = "l1", .help = "L1 penalty on the weights", .target = &l1, .low = 0},
      {.name = "l2", .help = "L2 penalty on the weights", .target = &l2, .low = 0},
      {.name = "grad-clip", .help = "largest gradient norm; 0 is off", .target = &grad_clip, .low = 0},
      {.name = "ema", .help = "decay of averaged weights; 0 is off", .target = &ema, .low = 0, .high = 0.999999},
      {.name = "split", .help = "percent for train/dev/test", .target = &split},
      {.name = "eval-every", .help = "steps between evaluations; 0 chooses", .target = &eval_every, .low = 0},
      {.name = "eval-batches", .help = "batches of an evaluation; 0 is the whole split", .target = &eval_batches, .low = 0},
      {.name = "save-every", .help = "steps between checkpoints; 0 chooses", .target = &save_every, .low = 0},
      {.name = "patience", .help = "evaluations without a better dev loss before stopping; 0 is off", .target = &patience, .low = 0},
  };
}

RunConfig default_run(const std::string& model, const std::string& format) {
  RunConfig c;
  c.model = model;
  c.format = format;
  if (model == "bigram") {
    c.split = "100/0/0";
  } else if (model == "neural-bigram") {  // makemore part 1
    c.split = "100/0/0";
    c.full_batch = true;
    c.steps = 200;
    c.optimizer = "sgd";
    c.lr = 50;
    c.l2 = 0.0;
  } else if (model == "mlp" || model == "wavenet") {  // makemore parts 3 and 5
    c.steps = 200000;
    c.batch_size = 32;
    c.optimizer = "sgd";
    c.lr = 0.1;
    c.schedule = "step";
    c.context = model == "mlp" ? 3 : 8;
    c.n_embd = model == "mlp" ? 10 : 24;
    c.n_hidden = model == "mlp" ? 200 : 128;
  } else if (model == "gpt" && format == "text") {  // nanoGPT's recipe for a laptop, judged with averaged weights
    c.ema = 0.99;
    c.steps = 2000;
    c.batch_size = 12;
    c.context = 64;
    c.n_embd = 128;
    c.n_layer = 4;
    c.n_head = 4;
    c.tied = true;
    c.biases = false;
    c.lr = 1e-3;
    c.min_lr = 1e-4;
    c.schedule = "cosine";
    c.warmup = 100;
    c.weight_decay = 0.1;
    c.decay_all = false;
    c.grad_clip = 1.0;
    c.split = "90/10/0";
  } else {  // makemore.py: gpt, bow, rnn, gru, lstm
    c.steps = 10000;
    c.batch_size = 32;
    c.n_embd = 64;
    c.n_hidden = 64;
    if (model == "gpt") {
      c.n_layer = 4;
      c.n_head = 4;
      c.init = "torch";
    }
    if (format == "text") {
      c.context = 64;
      c.split = "90/10/0";
    }
  }
  return c;
}

}  // namespace grim
