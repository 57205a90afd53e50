// report.html: a run on one page that needs nothing else, not even a network: figures, loss curves, samples, the state of every
// layer.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "grimoire/report/report.h"
#include "grimoire/train/diagnosis.h"
#include "grimoire/train/events.h"

namespace grim {

// The configuration a run folder was made with. throws: input
RunConfig read_run_config(const std::string& folder);

// Takes one step from the run's newest checkpoint to look at it, and judges from its log what it learned; changes nothing in the
// folder. `target` is a loss that would do.
// throws: input, data that are not the checkpoint's; usage, for a model without layers
Diagnosis diagnose_run(const std::string& folder, double target = NAN);
Diagnosis diagnose_run(const RunConfig& config, const TaskSource& source, const std::string& folder, double target = NAN);

std::vector<std::string> samples_of_run(const std::string& folder);  // what its best model does. throws: input
std::vector<Examination> examined_run(const std::string& folder);    // and what it gets right, as RunResult::examined. throws: input

// What a diagnosis found: its verdicts as remarks, the state of layers and weights as tables.
std::vector<report::Block> verdicts_of(const Diagnosis& diagnosis);
report::Table layers_of(const Diagnosis& diagnosis);
report::Table weights_of(const Diagnosis& diagnosis);
std::vector<report::Block> back_of(const Diagnosis& diagnosis);  // how a gradient fares on the way back through time; nothing where there is no recurrence

report::Figures figures_of(const RunResult& result);  // what is finite of its losses and speed

struct ReportOptions {
  const Diagnosis* diagnosis = nullptr;  // the state of the layers, when there is one
  std::vector<std::string> samples = {};  // what the model does; also FOLDER/samples.txt
  std::vector<Examination> examined = {};  // what it gets right, part by part
};
// Writes FOLDER/report.html from config.json, metrics.jsonl and the best model.
void write_report(const std::string& folder, const ReportOptions& options = {});

}  // namespace grim
