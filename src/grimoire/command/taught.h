// What finetune and distill share: a run that begins with a trained model, by a task and a recipe of the command's own.
#pragma once

#include "grimoire/command/command.h"
#include "grimoire/train/run_config.h"

namespace grim {

class TaughtCommand : public Command {
 public:
  Options options() override;
  int run(Console& console) override;

 protected:
  virtual std::string task_of_form() const = 0;      // of the register; of some form where none is given
  virtual std::string model_of_form() const { return ""; }  // an architecture whose own task it is; "": it is put on the model that is taught
  virtual std::string recipe() const = 0;            // settings of such a run, as JSON
  virtual std::string what_is_missing() const = 0;   // beside data and a folder for the run; "": nothing
  virtual const char* data_in_words() const = 0;     // "the labelled texts to learn from"; "": its task asks for what it needs
  RunConfig config_;

 private:
  bool dry_run_ = false;
  std::string begun_, task_;  // for which form the configuration was begun
};

}  // namespace grim
