// What generate and chat share: the flags that say how a text is written, over what the model's folder says, and how choices and pace are shown.
#pragma once

#include <string>
#include <vector>

#include "grimoire/command/command.h"
#include "grimoire/generate/writer.h"
#include "grimoire/hub/trained_model.h"

namespace grim {

class GenerationFlags {
 public:
  explicit GenerationFlags(const GenerationConfig& standard = {}) : standard_(standard), config_(standard) {}

  // `undrawn`: other options with which nothing is drawn, so that those of a draw do not apply beside them.
  Options options(std::vector<std::string> undrawn = {});
  // The standard, then generation_config.json, then what was given of `all`, the options of the command. Keys without a meaning are told.
  // throws: input, as generation_from; usage, what does not fit the model, or does not apply where the file says that nothing is drawn
  GenerationConfig resolve(const TrainedModel& trained, const Options& all, const Settings& given, Console& console);

  GenerationConfig& config() { return config_; }  // where the options go

 private:
  GenerationConfig standard_, config_;
  std::vector<std::string> ban_, logit_bias_;
};

Json tell_choices(Console& console, const Tokenizer& tokenizer, const std::vector<Choice>& choices);  // a table; gives them for --json
// "31,250 tokens/s within the context, 410 beyond it"; nothing for short texts.
std::string in_words(const Pace& pace);

}  // namespace grim
