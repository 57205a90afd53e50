// report.html: a run on one page that needs nothing else, not even a network: figures, loss curves, samples, the state of every
// layer. Pictures are SVG inside the page.
#pragma once

#include <string>

#include "grimoire/train/diagnosis.h"

namespace grim {

// The configuration a run folder was made with. throws: input
RunConfig read_run_config(const std::string& folder);

// Takes one step from the run's newest checkpoint to look at it; changes nothing in the folder.
// throws: input; usage, for a model without layers
Diagnosis diagnose_run(const std::string& folder);

// Writes FOLDER/report.html from config.json, metrics.jsonl, the best model and, when given, a diagnosis; and FOLDER/samples.txt.
void write_report(const std::string& folder, const Diagnosis* diagnosis);

}  // namespace grim
