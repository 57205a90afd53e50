// A task before its model exists: its settings, its data, and whether a run that goes on still has the data it began with. The register of
// tasks. To add one: a class derived from Task (train/task.h), a TaskSource that makes it, and
//
//   struct XSettings {
//     int64_t limit = 100;
//     Options options(RunConfig& run);                                // flags, and keys of the run's config.json; may be fields of `run`
//     std::unique_ptr<TaskSource> open(const RunConfig& run) const;   // reads the data. throws: input
//     TaskWords words() const;                                        // optional
//   };
//
// then add_task("x", task_settings<XSettings>()). An architecture says by Architecture::task which task trains it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "grimoire/base/option.h"
#include "grimoire/base/rng.h"
#include "grimoire/data/corpus.h"
#include "grimoire/train/events.h"
#include "grimoire/train/task.h"

namespace grim {

struct RunConfig;
struct RunSizes;

class TaskSource {
 public:
  virtual ~TaskSource() = default;
  // Fresh weights from `rng`. `checkpoint`: the folder of one that is gone on from, when the data are numbered as they were there.
  // throws: input, data that are too few or do not fit
  virtual std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint = "") const = 0;
  // Fills in what the configuration leaves open: here batch size, the steps that epochs are, and intervals; what overrides it fills in the shape first.
  // throws: argument, sizes that do not go together; usage; input
  virtual void resolve(RunConfig& config) const;
  virtual std::vector<std::string> warnings(const RunConfig& config) const;  // of the model's shape, and shapes that cost far more than they teach
  virtual CorpusFormat format() const { return CorpusFormat::lines; }  // which of an architecture's recipes is meant for such data
  // Data that can be read only once stay with the run: `config` then names the copy in its folder.
  virtual void keep(RunConfig& config, const std::string& folder, RunEvents& events) const;

  // What the data are, kept in every checkpoint; and what of them differs, both sides named, from what a checkpoint was trained on.
  virtual Json identity(const RunConfig& config) const;
  virtual std::vector<std::string> differences(const Json& saved, const Json& now) const;
  virtual std::vector<std::string> other_numbering(const RunConfig& config, const std::string& checkpoint) const;  // likewise of ids

  virtual std::vector<std::string> samples(const std::string& folder) const;  // what the trained model does, for the report; may be none

  // What a run would cost is foretold from these (train/cost.h); `config` is resolved.
  // Bytes that it needs whatever else it does, from sizes alone; 0: not known.
  virtual double least_memory(const RunConfig& config) const;
  // All sizes that are known beforehand (train/run_sizes.h). Here a task is made, and looked at.
  virtual RunSizes sizes(const RunConfig& config) const;
  // As few of the data as such a run can be made of, times so many, numbered as all of them are, for runs that begin with nothing. Data that cannot be
  // cut are given whole, and their sizes have no extent. nullptr: no more is saved by that.
  virtual std::unique_ptr<TaskSource> sample(const RunConfig& config, int times) const;
};

class TaskSettings {
 public:
  virtual ~TaskSettings() = default;
  virtual std::unique_ptr<TaskSettings> clone() const = 0;
  virtual Options options(RunConfig& run) = 0;
  virtual std::unique_ptr<TaskSource> open(const RunConfig& run) const = 0;
  virtual TaskWords words() const = 0;
};

using TaskDefaults = std::function<std::unique_ptr<TaskSettings>()>;
void add_task(const std::string& name, TaskDefaults defaults);  // throws: argument, a name that is taken
std::vector<std::string> task_names();
// throws: argument, with the nearest known name
std::unique_ptr<TaskSettings> default_task_settings(const std::string& name);

template <class Settings> TaskDefaults task_settings() {
  class Typed final : public TaskSettings {
   public:
    std::unique_ptr<TaskSettings> clone() const override { return std::make_unique<Typed>(*this); }
    Options options(RunConfig& run) override { return values_.options(run); }
    std::unique_ptr<TaskSource> open(const RunConfig& run) const override { return values_.open(run); }
    TaskWords words() const override {
      if constexpr (requires { values_.words(); }) return values_.words();
      else return {};
    }

   private:
    Settings values_;
  };
  return [] { return std::make_unique<Typed>(); };
}

}  // namespace grim
