#include "grimoire/command/run_cost.h"

#include "grimoire/base/machine.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/train/cost.h"

namespace grim {

int show_cost(Console& console, RunConfig config, const TaskSource& source, int64_t runs) {
  if (!config.out.empty() && holds_run(config.out))
    console.say(str("warning: '{0}' holds a run already, and a new one refuses it: choose another folder, or go on with: grimoire resume {0}", config.out));
  const RunCost c = predict_cost(config, source);
  const double total = static_cast<double>(runs) * c.total_seconds();
  const auto mib = [](int64_t bytes) { return static_cast<double>(bytes) / 1048576.0; };
  report::Table memory{{"memory", "MiB"}, {}};
  const auto part = [&](const char* name, int64_t bytes) { memory.rows.push_back({name, report::number(mib(bytes), "{:.1f}")}); };
  part("weights", c.weight_bytes), part("gradients", c.gradient_bytes), part("optimiser", c.optimizer_bytes);
  part("activations", c.activation_bytes), part("data", c.data_bytes), part("report", c.report_bytes), part("program", c.program_bytes);
  part("together", c.total_bytes());
  const report::Report answer{
      str("{}{}: {} parameters, {}{} examples, {} {}s a step", config.model, config.data.empty() ? "" : " on " + config.data, with_commas(c.parameters),
          c.vocab_size > 0 ? str("{} symbols, ", c.vocab_size) : "", with_commas(c.examples), with_commas(c.tokens_per_step),
          config.task_settings().words().unit),
      {memory, report::Facts{{{runs > 1 ? str("time, of {} runs", runs) : "time", report::number(total, total < 10 ? "{:.2f} s" : "{:.0f} s")},
                              {"a step", report::Number{c.seconds_per_step, str("{:.2f} ms", c.seconds_per_step * 1e3)}},
                              {"steps", static_cast<double>(c.steps)},
                              {"an evaluation", report::number(c.seconds_per_evaluation, "{:.2f} s")},
                              {"evaluations", static_cast<double>(c.evaluations)},
                              {"at the end", report::number(c.seconds_at_end, "{:.1f} s")},
                              {"a checkpoint", report::number(mib(c.checkpoint_bytes), "{:.1f} MiB")}}}}};
  if (const int64_t allowed = machine_memory(); c.total_bytes() > allowed)
    console.say(str("warning: that is more than the {:.1f} MiB that this process may have: the run would be refused, or end early{}", mib(allowed),
                    config.architecture().recomputes && !config.recompute ? "; with --recompute layers keep less" : ""));
  show(console, answer,
       Json::object({{"parameters", c.parameters}, {"vocab_size", c.vocab_size}, {"examples", c.examples},
                     {"tokens_per_step", c.tokens_per_step}, {"total_bytes", c.total_bytes()},
                     {"weight_bytes", c.weight_bytes}, {"gradient_bytes", c.gradient_bytes},
                     {"optimizer_bytes", c.optimizer_bytes}, {"activation_bytes", c.activation_bytes},
                     {"data_bytes", c.data_bytes}, {"report_bytes", c.report_bytes}, {"checkpoint_bytes", c.checkpoint_bytes},
                     {"program_bytes", c.program_bytes},
                     {"seconds_per_step", c.seconds_per_step}, {"evaluations", c.evaluations},
                     {"seconds_per_evaluation", c.seconds_per_evaluation}, {"seconds_at_end", c.seconds_at_end},
                     {"runs", runs}, {"total_seconds", total}}));
  return 0;
}

}  // namespace grim
