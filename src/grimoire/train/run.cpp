#include "grimoire/train/run.h"

#include <cmath>
#include <optional>

#include "grimoire/base/lock_file.h"
#include "grimoire/base/machine.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/train/counting.h"
#include "grimoire/train/diagnosis.h"
#include "grimoire/train/lm_source.h"
#include "grimoire/train/loop.h"
#include "grimoire/train/report.h"

namespace grim {
namespace {

// A checkpoint holds weights, gradients are not saved, the optimiser's state is: at most three times the weights that learn. Of an adapter it holds no others.
int64_t checkpoint_bytes(const Module& model, const RunConfig& config) {
  const int64_t learned = config.optimizer == OptimizerKind::sgd ? 2 : 3, frozen = config.adapter.adapts() ? 0 : 1;
  int64_t bytes = 65536;
  model.visit([&](const std::string&, const Tensor& t, Module::Kind kind) {
    bytes += t.numel() * size_of(t.dtype()) * (kind == Module::Kind::frozen ? frozen : learned);
  });
  return bytes;
}

// Before anything large is allocated: what the run needs for certain, against what it may have.
void check_memory(const RunConfig& config, const TaskSource& source) {
  const double least = source.least_memory(config), allowed = static_cast<double>(machine_memory());
  if (least > allowed)
    fail(ErrorKind::resource, "train",
         str("this run needs at least {:.2f} GiB for weights, gradients, optimiser and data; {:.2f} GiB are allowed", least / 0x1p30, allowed / 0x1p30),
         "a smaller model, a shorter context or less data need less; a dry run tells what each part takes");
}

// What a run works on: a task in a trainer, or one whose model counts and needs none.
struct Work {
  Work(const RunConfig& config, const TaskSource& source, const std::string& checkpoint = "") {
    if (config.architecture().counts) {
      Rng unused(RngMode::philox, 0);
      counting = source.make(config, unused, checkpoint);
    } else {
      trainer = std::make_unique<Trainer>(config, source, checkpoint);
    }
  }
  Task& task() { return counting ? *counting : trainer->task(); }
  std::unique_ptr<Trainer> trainer;
  std::unique_ptr<Task> counting;
};

RunResult do_work(const RunConfig& config, Work& work, const TaskSource& source, RunEvents& events, const std::string& folder) {
  Task& task = work.task();
  const int64_t few = quantised_numbers(task.model()), numbers = task.model().parameter_count() + few;
  std::string size = work.counting ? with_commas(counts_of(task.model())) + " counts" : with_commas(numbers) + " parameters";
  if (few > 0) size += str(", {} of which are held in few bits", with_commas(few));
  if (work.trainer && work.trainer->parameters().count() < numbers)
    size += str(", {} of which learn", with_commas(work.trainer->parameters().count()));
  const int64_t V = task.symbols();
  events.note(str("{}: {}, {}{} examples to train on", config.model, size, V > 0 ? str("{} symbols, ", V) : "", with_commas(task.rows())));
  for (const std::string& note : task.notes()) events.note(note);
  if (work.trainer && !work.trainer->about_embeddings().empty()) events.note(work.trainer->about_embeddings());
  check_free_space(folder, 3 * checkpoint_bytes(task.model(), config));
  RunResult result = work.counting ? count_run(task, to_json(provenance_of(config, source)), events, folder)
                                   : Loop(*work.trainer, events, folder).run();
  result.vocab_size = V;
  result.words = default_task_settings(config.task_name())->words();
  return result;
}

// The work is gone before the report is made, whose diagnosis needs one of its own: a run that fits in memory ends well too.
RunResult run_to_its_end(const RunConfig& config, std::unique_ptr<Work> work, const TaskSource& source, RunEvents& events, const std::string& folder) {
  RunResult result;
  try {
    result = do_work(config, *work, source, events, folder);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::numeric) write_report(folder);
    if (!dynamic_cast<const device::OutOfMemory*>(&e) || config.recompute || !config.architecture().recomputes) throw;
    throw Error(e.kind(), e.what(), e.hint() + "; " GRIM_SETTING("recompute") " keeps less of each layer, for two fifths more time");
  }
  if (result.ending == Ending::stopped) {
    write_report(folder);
    return result;
  }
  events.all_saved();
  work.reset();
  std::optional<Diagnosis> diagnosis;
  if (!config.architecture().counts && config.steps > 0) diagnosis = diagnose_run(config, source, folder);
  write_report(folder, {.diagnosis = diagnosis ? &*diagnosis : nullptr, .samples = source.samples(folder), .examined = result.examined});
  events.note(str("report: {}", join_path(folder, "report.html")));
  return result;
}

void write_config(RunConfig config, const std::string& folder) {
  write_atomically(join_path(folder, "config.json"), to_json(config.options()).dump_pretty());
}

// What was asked for beside, to be typed again.
std::string goal_in_words(const ResumeChanges& changes) {
  return (changes.steps >= 0 ? str(GRIM_SETTING("steps={}") " ", changes.steps) : "") +
         (changes.threads >= 0 ? str(GRIM_SETTING("threads={}") " ", changes.threads) : "") +
         (changes.recompute == Recompute::yes ? GRIM_SETTING("recompute=yes") " " : changes.recompute == Recompute::no ? GRIM_SETTING("recompute=no") " " : "");
}

// The checkpoint's own provenance and numbering against what is there now.
void check_provenance(const FoundCheckpoint& found, const RunConfig& config, const TaskSource& source, const ResumeChanges& changes, RunEvents& events) {
  const std::optional<Provenance> saved = provenance_in(found.manifest.about);
  std::vector<std::string> changed;
  if (saved) {
    const Provenance now = provenance_of(config, source);
    changed = source.differences(saved->data, now.data);
    for (const std::string& d : changed_settings(*saved, now)) events.note(str("config.json was changed since {} was saved: {}", found.path, d));
  } else {
    events.note(str("{} was saved before checkpoints knew their data: whether {} is what it was trained on cannot be told", found.path, config.data));
  }
  for (const std::string& d : source.other_numbering(config, found.path)) changed.push_back(d);
  if (changed.empty()) return;
  const std::string list = joined(changed, "; ");
  if (!changes.accept_changes)
    throw Error(ErrorKind::input, str("{} belongs to other data than {}: {}", found.path, config.data.empty() ? "these" : config.data, list),
                str("put the old data and settings back, or say that the change is meant: grimoire resume {} {}" GRIM_SETTING("accept-changes"), config.out,
                    goal_in_words(changes)));
  events.note(str("going on with changed data: {}; what was held back before may train now, and the best weights are sought anew", list));
}

// The run ends with its best weights: that they cannot be read is said before it trains.
void refuse_damaged(const FoundCheckpoint& best) {
  if (best.rejected.empty()) return;
  const RejectedCheckpoint& bad = best.rejected[0];
  throw Error(ErrorKind::input, str("{}: {}", bad.path, bad.reason),
              "these are the best weights so far: put them back, or remove that folder, and better ones are sought from here on");
}

// Every checkpoint is damaged: beginning anew would push out the best weights and the log.
[[noreturn]] void refuse_restart(const FoundCheckpoint& none, const FoundCheckpoint& best, const std::string& folder) {
  throw Error(ErrorKind::input, str("{}: {}; no whole checkpoint is left to go on from", none.rejected[0].path, none.rejected[0].reason),
              (best ? str("the best weights are whole ({}): generate and eval work with them; ", best.path) : std::string()) +
                  hint_without_whole(folder));
}

// Steps were made, and no weights of them can be read: those of a fresh network would say nothing of the run.
void refuse_lost(const FoundCheckpoint& none, const Curves& curves, const std::string& folder) {
  const std::string hint = newest_valid_checkpoint(join_path(folder, "best")) ? "best/ is whole: generate and eval work with it" : hint_without_whole(folder);
  if (!none.rejected.empty()) throw Error(ErrorKind::input, str("{}: {}", none.rejected[0].path, none.rejected[0].reason), hint);
  const double last = std::isfinite(curves.step) ? curves.step : curves.train.empty() ? 0 : curves.train.back().step;
  if (last > 0 && curves.ending != "diverged")  // a run that diverged at once saved nothing, and its log says enough
    throw Error(ErrorKind::input,
                str("'{}' holds no checkpoint any more, though its log reaches step {:.0f}: there are no layers to look at", folder, last), hint);
}

void take_shape_of(RunConfig& config, const std::string& folder) {
  const Json json = model_config(folder);
  const Architecture& a = architecture_of(json);
  const bool is_kin = !config.architecture().is_read && config.architecture().model_type == a.model_type;  // whose folders are written alike
  config.set_shape(is_kin ? config.model : a.name, a.from_json(json));
}

// Weights that are best in a future that will not come again.
void drop_best_after(const std::string& folder, int64_t step) {
  const std::string best = join_path(folder, "best");
  while (const FoundCheckpoint found = newest_valid_checkpoint(best)) {
    if (step_in(found.manifest.about) <= step) return;
    remove_all(found.path);
  }
}

}  // namespace

RunResult train(RunConfig config, RunEvents& events) { return train(config, *config.open_task(), events); }

RunResult train(RunConfig config, const TaskSource& source, RunEvents& events) {
  if (config.out.empty()) throw Error(ErrorKind::usage, GRIM_SETTING("out") " is missing: the folder for the run");
  const device::ThreadCap cap(config.threads);
  source.resolve(config);
  for (const std::string& w : source.warnings(config)) events.note("warning: " + w);
  check_memory(config, source);
  auto work = std::make_unique<Work>(config, source);
  const std::string folder = config.out;
  events.begun();
  files().make_dirs(folder);
  const FolderLock lock(folder);
  if (holds_run(folder))
    throw Error(ErrorKind::usage, str(GRIM_SETTING("out") ": '{}' holds a run already", folder),
                str("choose another folder, or go on with: grimoire resume {}", folder));
  for (const std::string& done : tidy_checkpoints(join_path(folder, "checkpoints"))) events.note(done);
  RunConfig kept = config;
  source.keep(kept, folder, events);
  write_config(kept, folder);
  return run_to_its_end(config, std::move(work), source, events, folder);
}

RunConfig read_run_config(const std::string& folder) {
  const std::string path = join_path(folder, "config.json");
  if (!exists(folder)) throw Error(ErrorKind::input, str("'{}' does not exist", folder), "expected a folder that train wrote");
  if (!exists(path)) throw Error(ErrorKind::input, str("'{}' is not a run folder: it holds no config.json", folder),
                                  hint_of_folds(folder).empty() ? "give the folder that train wrote" : hint_of_folds(folder));
  const Json json = Json::parse(read_file(path), path);
  if (json.is_object() && json.find("model_type")) {
    const std::string run = parent_folder(parent_folder(folder));
    throw Error(ErrorKind::input, str("'{}' is a checkpoint, expected the folder of a run", folder),
                exists(join_path(run, "config.json")) ? str("the run that it belongs to is {}", run) : "give the folder that train wrote");
  }
  RunConfig config;
  read_kept_settings(config, json, path);
  if (config.task.empty() && !config.init_from.empty() && holds_run(folder)) {  // what its weights came with is more than can be set: its heads
    take_shape_of(config, model_folder_in(folder));
    read_kept_settings(config, json, path);
  }
  config.out = folder;
  const std::string moved = join_path(folder, kKeptData);
  if (file_name(config.data) == kKeptData && !exists(config.data) && exists(moved)) config.data = moved;
  return config;
}

namespace {

// Of a run that exists: what it was trained on may have moved since.
std::unique_ptr<TaskSource> open_task_of(const RunConfig& config) {
  if (!config.data.empty() && !exists(config.data))
    throw Error(ErrorKind::input, str("'{}' is gone: the data that {} was trained on", config.data, config.out),
                str("put it back, or write where it is now into {}, key \"data\"", join_path(config.out, "config.json")));
  return config.open_task();
}

// Takes up what the newest checkpoint holds, and sees that the best weights are of the run that goes on.
void go_on(Trainer& trainer, const RunConfig& config, const TaskSource& source, const FoundCheckpoint& found, const FoundCheckpoint& best,
           RunEvents& events) {
  const std::string& folder = config.out;
  const Provenance now = provenance_of(config, source);
  if (found) {
    trainer.load(found.path);
    const std::optional<Provenance> saved = provenance_in(found.manifest.about);
    if (saved && !source.differences(saved->data, now.data).empty()) trainer.forget_best();
  }
  const int64_t step = trainer.position.step;
  if (step > config.steps)
    throw Error(ErrorKind::usage, str("'{}' is at step {} already, beyond its goal of {} steps", folder, step, config.steps),
                str("give a new goal: grimoire resume {} " GRIM_SETTING("steps={}") ", or more", folder, step));
  if (!best && std::isfinite(trainer.position.best_loss)) {
    trainer.forget_best();
    events.note(str("{} holds no weights any more: the best are sought anew from step {}", join_path(folder, "best"), step));
  }
  const std::optional<Provenance> saved = provenance_in((found ? found : best).manifest.about);
  if (best && !(saved && repeats(*saved, now, source))) drop_best_after(folder, step);
}

}  // namespace

RunResult resume(const std::string& folder, RunEvents& events, const ResumeChanges& changes) {
  RunConfig config = read_run_config(folder);
  const bool counts = config.architecture().counts;
  if (counts && changes.steps >= 0)
    throw Error(ErrorKind::usage, str(GRIM_SETTING("steps={}") ": a {} counts, and makes no steps", changes.steps, config.model), "leave it out");
  const int64_t old_steps = config.steps;
  const bool recomputed = config.recompute;
  if (changes.steps >= 0) config.steps = changes.steps;
  if (changes.threads >= 0) config.threads = changes.threads;
  if (changes.recompute != Recompute::as_before) {
    check_recomputes(config);
    config.recompute = changes.recompute == Recompute::yes;
  }
  const device::ThreadCap cap(config.threads);
  const FolderLock lock(folder);
  for (const char* kind : {"checkpoints", "best"})
    for (const std::string& done : tidy_checkpoints(join_path(folder, kind))) events.note(done);
  const std::unique_ptr<TaskSource> source = open_task_of(config);
  const FoundCheckpoint best = newest_valid_checkpoint(join_path(folder, "best"));
  const FoundCheckpoint found = counts ? best : newest_valid_checkpoint(join_path(folder, "checkpoints"));
  if (!found && !found.rejected.empty()) refuse_restart(found, best, folder);
  for (const RejectedCheckpoint& r : found.rejected) events.note(str("skipped {}: {}", r.path, r.reason));
  if (found || best) check_provenance(found ? found : best, config, *source, changes, events);
  check_memory(config, *source);
  if (!counts) refuse_damaged(best);
  auto work = std::make_unique<Work>(config, *source, found.path);
  if (work->trainer) go_on(*work->trainer, config, *source, found, best, events);
  events.begun();
  if (config.steps != old_steps || config.recompute != recomputed) {
    RunConfig kept = read_run_config(folder);
    kept.steps = config.steps, kept.recompute = config.recompute;
    write_config(kept, folder);
  }
  if (work->trainer)
    events.note(found ? str("going on from step {} of {}", work->trainer->position.step, config.steps) : "no checkpoint yet: starting again from step 0");
  return run_to_its_end(config, std::move(work), *source, events, folder);
}

std::vector<std::string> samples_of_run(const std::string& folder) { return open_task_of(read_run_config(folder))->samples(folder); }

std::vector<Examination> examined_run(const std::string& folder) {
  const RunConfig config = read_run_config(folder);
  const device::ThreadCap cap(config.threads);
  const std::string best = model_folder_in(folder);
  Rng unused(RngMode::philox, 0);
  const std::unique_ptr<Task> task = open_task_of(config)->make(config, unused, best);
  task->load(best);
  std::vector<Examination> all;
  for (const Part part : {Part::dev, Part::test})
    if (task->has(part))
      if (Examination e = examined(*task, part); !e.blocks.empty()) all.push_back(std::move(e));
  return all;
}

Diagnosis diagnose_run(const std::string& folder, double target) {
  const RunConfig config = read_run_config(folder);
  const device::ThreadCap cap(config.threads);
  return diagnose_run(config, *open_task_of(config), folder, target);
}

Diagnosis diagnose_run(const RunConfig& config, const TaskSource& source, const std::string& folder, double target) {
  GRIM_CHECK(!config.architecture().counts, usage, "doctor", "'{}' is a counting model: it has no layers to look at", folder);
  const FoundCheckpoint found = newest_valid_checkpoint(join_path(folder, "checkpoints"));
  const Curves curves = read_curves(folder);
  if (!found) refuse_lost(found, curves, folder);
  RunEvents quiet;
  if (found) check_provenance(found, config, source, {}, quiet);
  const double start = initial_loss(config, source, found.path);
  Trainer trainer(config, source, found.path);
  if (found) trainer.load(found.path);
  Diagnosis d = diagnose(trainer, start);
  d.source = found.path;
  judge_learning(d, curves, folder, default_task_settings(config.task_name())->words().rival, target);
  for (const RejectedCheckpoint& r : found.rejected)
    d.verdicts.insert(d.verdicts.begin(), {Verdict::Tone::warning, str("{}: {}; the layers here are those of step {}", r.path, r.reason, d.step)});
  return d;
}

void take_shape_of_init(RunConfig& config) {
  if (!exists(config.init_from)) throw Error(ErrorKind::input, str("'{}' does not exist", config.init_from), "expected a run folder or a model folder");
  take_shape_of(config, model_folder_in(config.init_from));
}

}  // namespace grim
