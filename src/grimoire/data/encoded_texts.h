// Labelled texts as an encoder reads them: encoded once, each in one window or in several where it is longer than the model.
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "grimoire/data/token_batch.h"

namespace grim {

enum class LongTexts : uint8_t {
  head,    // the first tokens are read
  tail,    // the last
  window,  // all, in windows that share `stride` tokens; what is answered is the mean over them
  refuse,
};
inline constexpr std::array<const char*, 4> kLongTexts = {"head", "tail", "window", "refuse"};  // their names, in that order
struct TextWindows {
  int64_t most = 512;  // tokens of a window, with those around the text
  LongTexts longer = LongTexts::head;
  int64_t stride = 64;
  TextWindows within(int64_t context) const;  // of a model that reads so much: no longer ones; that much where `most` is 0
};
// "3 of 40 texts are longer than 128 tokens, and are read up to there"
std::string long_texts_in_words(int64_t longer, int64_t texts, const TextWindows& windows);

class EncodedTexts {
 public:
  EncodedTexts() = default;
  // pairs: one for each text, or none. `places` name the texts in errors. throws: input, a text that has no tokens, or is too long and is to be refused
  EncodedTexts(const Tokenizer& tokenizer, std::span<const std::string> texts, std::span<const std::string> pairs, const TextWindows& windows,
               std::span<const std::string> places);
  // One window more, without its padding, of a text that is there or of the next.
  void add(const Encoding& window, int64_t text);

  int64_t texts() const { return texts_; }
  int64_t windows() const { return static_cast<int64_t>(begin_.size()) - 1; }
  int64_t text_of(int64_t window) const { return text_of_[static_cast<size_t>(window)]; }
  int64_t longer() const { return longer_; }  // texts that are longer than a window
  int64_t tokens(int64_t window) const { return begin_[static_cast<size_t>(window) + 1] - begin_[static_cast<size_t>(window)]; }
  TokenBatch batch(std::span<const int64_t> windows) const;
  // All windows, the longest first: batches of equal lengths waste no memory, and the largest of them is the first.
  std::vector<int64_t> by_length() const;
  // Runs of such an order, each of about the tokens that are read at once where nothing is trained; they point into it.
  std::vector<std::span<const int64_t>> batches(std::span<const int64_t> order) const;

 protected:
  // The tokens [begin, end) of an encoding, without its padding, go to the window that is being made; it is then one of a text.
  void add_tokens(const Encoding& encoding, size_t begin, size_t end);
  void end_window(int64_t text);
  int64_t texts_ = 0, longer_ = 0;

 private:
  std::vector<int32_t> ids_;
  std::vector<uint8_t> types_;
  std::vector<int64_t> begin_ = {0}, text_of_;
};

}  // namespace grim
