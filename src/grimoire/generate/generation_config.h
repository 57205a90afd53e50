// How a text is written: the settings of generation_config.json as transformers means them, and what OpenAI's API has beside them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grimoire/base/json.h"

namespace grim {

struct SequenceBias {
  std::vector<int64_t> tokens;  // where the text ends in all but the last,
  double bias = 0;              // this is added to the last one's logit; -infinity forbids it
};

enum class EarlyStopping : uint8_t {
  no,     // where the best beam, at its present length, is no better than the worst finished text
  yes,    // as soon as there are as many finished texts as beams
  never,  // where the best beam can become no better, at any length up to the longest
};

// Names that transformers has mean what they mean there; what is new has a comment of its own. An absent key takes what stands here.
struct GenerationConfig {
  double temperature = 1;  // logits are divided by it; 0 always takes the likeliest token (do_sample: false)
  int64_t top_k = 0;       // only the k likeliest; 0: all
  double top_p = 1;        // only the likeliest that together reach this probability (Holtzman et al. 2020)
  double min_p = 0;        // only those that have this share of the likeliest one's probability (Nguyen et al. 2024)
  double typical_p = 1;    // only those whose surprise is nearest to the expected one, until they reach this (Meister et al. 2023)
  double epsilon_cutoff = 0, eta_cutoff = 0;  // only those of this probability (Hewitt et al. 2022)
  double repetition_penalty = 1;              // the logits of tokens in the text, prompt too, are divided by it, negative ones multiplied (Keskar et al. 2019)
  double frequency_penalty = 0, presence_penalty = 0;  // OpenAI's: taken from the logit of a token for each time, and for any time, that it was written
  int64_t no_repeat_ngram_size = 0;                    // so many tokens in a row come at most once; 0: as often as they like
  std::vector<std::vector<int64_t>> bad_words_ids = {};
  std::vector<SequenceBias> sequence_bias = {};  // those of one token are OpenAI's logit_bias
  std::vector<int64_t> suppress_tokens = {}, begin_suppress_tokens = {};
  std::optional<int64_t> forced_bos_token_id = {};
  std::vector<int64_t> forced_eos_token_id = {};
  std::optional<std::pair<int64_t, double>> exponential_decay_length_penalty = {};  // from so many tokens on, by this factor
  bool renormalize_logits = false;                                                  // tells in beam search alone

  int64_t max_new_tokens = 0;            // 0: max_length
  int64_t max_length = 0;                // of prompt and text together; 0: until an end comes; of generate() 1000 for items, 500 for running text
  int64_t min_new_tokens = 0, min_length = 0;
  std::vector<std::string> stop = {};    // ends the text when it appears, and is left out, as OpenAI has it; transformers keeps it (stop_strings)
  std::optional<int64_t> begin = {};     // of running text: read before a text that has no prompt; else the first token there is
  std::vector<int64_t> ends = {};        // tokens that end a text, and are left out (eos_token_id)

  int64_t num_beams = 1, num_beam_groups = 1;  // generate/beams.h
  double length_penalty = 1, diversity_penalty = 0;
  EarlyStopping early_stopping = EarlyStopping::no;
  int64_t num_return_sequences = 1;
  double penalty_alpha = 0;  // above 0: contrastive search among top_k (generate/contrastive.h)

  int64_t prompt_lookup_num_tokens = 0;  // tokens that are guessed ahead: the text is the same, sooner. 0: none
  int64_t max_matching_ngram_size = 2;   // from where so many of the last tokens, or fewer, stood before
  bool explain = false;                  // choices are told with their probabilities and what else was likely

  int64_t longest(int64_t prompt) const;  // tokens of prompt and text; 0: no limit. throws: argument, the prompt leaves no room
};

// throws: argument, a setting out of range, or two that contradict each other
void check(const GenerationConfig& config);
// That tokens named there are the vocabulary's. throws: argument
void check_tokens(const GenerationConfig& config, int64_t vocabulary);

struct StoredGeneration {
  GenerationConfig config;
  std::vector<std::string> without_meaning;  // keys that change nothing here, for the reader to know
  bool do_sample = true;                     // what the file says; where it is silent, temperature and the like are for who asks for them
};
// Of a generation_config.json; null gives `fallback`. bos_token_id and eos_token_id are the model folder's to read (hub/model_folder.h). `path` is
// named in errors. throws: input, a value out of range, or a key that changes the text in a way that is not known here
StoredGeneration generation_from(const Json& settings, const std::string& path, const GenerationConfig& fallback = {});

}  // namespace grim
