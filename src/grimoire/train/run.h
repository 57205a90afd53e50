// Training runs: a run folder is made, filled, interrupted, resumed and read back.
//
//   DIR/config.json         the resolved RunConfig
//   DIR/metrics.jsonl       one JSON object an event
//   DIR/checkpoints/step-N  everything to go on from step N: weights, optimiser, random numbers, data order
//   DIR/best/step-N         the weights with the lowest dev loss, in the Hugging Face layout
//   DIR/data.txt            the data, when they came through a pipe
//   DIR/report.html, samples.txt   what became of it
#pragma once

#include <cstdint>
#include <string>

#include "grimoire/train/events.h"
#include "grimoire/train/run_config.h"

namespace grim {

// `config` is filled in with the defaults it leaves open. throws: input, usage, resource; numeric when a loss or gradient is not
// finite, naming the first bad tensor, or the loss ends far above that of guessing: the last good checkpoint stands and is named.
RunResult train(RunConfig config, RunEvents& events);
RunResult train(RunConfig config, const TaskSource& source, RunEvents& events);  // of config.open_task(), read already

enum class Recompute { as_before, yes, no };

// Goes on from the newest valid checkpoint in the folder; ends with the same bits as a run that was never stopped.
// throws: as train; input, data, split or tokenizer that are not the checkpoint's; usage, a goal that lies behind it.
struct ResumeChanges {
  int64_t steps = -1;           // a new goal, kept from now on; -1 keeps the old one
  int64_t threads = -1;         // may differ without changing a bit
  Recompute recompute = Recompute::as_before;  // RunConfig::recompute from now on; changes no bit
  bool accept_changes = false;  // of data and split: the symbols stay numbered as in the checkpoint, and what is best is judged anew
};
RunResult resume(const std::string& folder, RunEvents& events, const ResumeChanges& changes = {});

// The model that `config.init_from` holds becomes that of the run, in its shape. throws: input, as load_trained
void take_shape_of_init(RunConfig& config);

}  // namespace grim
