/* Runs a model that tfkd pushed, in C, on its own test vectors.
 *
 *     make && ./check FOLDER
 *
 * FOLDER is a version in a serving directory, such as serving/1. Ends with 0
 * if every number of every output is as near as test_vectors.json asks.
 */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "litert.h"

/* A model with one input and one output, and their buffers. */
typedef struct {
  LiteRtEnvironment environment;
  LiteRtModel model;
  LiteRtOptions options;
  LiteRtCompiledModel compiled;
  LiteRtRankedTensorType types[2];
  LiteRtTensorBuffer buffers[2];
} Model;

enum { INPUT, OUTPUT };

static void fail(const char *what, const char *detail) {
  fprintf(stderr, "%s: %s\n", what, detail);
  exit(1);
}

static void must(LiteRtStatus status, const char *call) {
  if (status != LITERT_OK) {
    fprintf(stderr, "%s failed with status %d.\n", call, status);
    exit(1);
  }
}

static Model load(const char *path) {
  Model m;
  LiteRtSignature signature;
  LiteRtTensor tensors[2];
  LiteRtRequirements needs[2];
  must(LiteRtCreateEnvironment(0, NULL, &m.environment), "Environment");
  must(LiteRtCreateModelFromFile(m.environment, path, &m.model), "Loading");
  must(LiteRtCreateOptions(&m.options), "Options");
  must(LiteRtSetOptionsHardwareAccelerators(m.options, LITERT_CPU), "CPU");
  must(LiteRtCreateCompiledModel(m.environment, m.model, m.options,
                                 &m.compiled),
       "Compiling");
  must(LiteRtGetModelSignature(m.model, 0, &signature), "Signature");
  must(LiteRtGetSignatureInputTensorByIndex(signature, 0, &tensors[INPUT]),
       "Input");
  must(LiteRtGetSignatureOutputTensorByIndex(signature, 0, &tensors[OUTPUT]),
       "Output");
  must(LiteRtGetCompiledModelInputBufferRequirements(m.compiled, 0, 0,
                                                     &needs[INPUT]),
       "Input requirements");
  must(LiteRtGetCompiledModelOutputBufferRequirements(m.compiled, 0, 0,
                                                      &needs[OUTPUT]),
       "Output requirements");
  for (int side = INPUT; side <= OUTPUT; ++side) {
    must(LiteRtGetRankedTensorType(tensors[side], &m.types[side]), "Type");
    must(LiteRtCreateManagedTensorBufferFromRequirements(
             m.environment, &m.types[side], needs[side], &m.buffers[side]),
         "Buffer");
  }
  return m;
}

static void unload(Model *m) {
  LiteRtDestroyTensorBuffer(m->buffers[INPUT]);
  LiteRtDestroyTensorBuffer(m->buffers[OUTPUT]);
  LiteRtDestroyCompiledModel(m->compiled);
  LiteRtDestroyOptions(m->options);
  LiteRtDestroyModel(m->model);
  LiteRtDestroyEnvironment(m->environment);
}

static size_t numbers(const Model *m, int side) {
  size_t count = 1;
  for (unsigned axis = 0; axis < m->types[side].layout.rank; ++axis)
    count *= (size_t)m->types[side].layout.dimensions[axis];
  return count;
}

/* Copies numbers into a buffer (writing) or out of it, in the file's type. */
static void copy(Model *m, int side, double *values, int writing) {
  void *memory;
  size_t count = numbers(m, side);
  must(LiteRtLockTensorBuffer(m->buffers[side], &memory,
                              writing ? LITERT_WRITE : LITERT_READ),
       "Locking");
#define COPY(type)                                        \
  for (size_t i = 0; i < count; ++i) {                    \
    if (writing)                                          \
      ((type *)memory)[i] = (type)values[i];              \
    else                                                  \
      values[i] = (double)((type *)memory)[i];            \
  }                                                       \
  break
  switch (m->types[side].element_type) {
    case LITERT_FLOAT32: COPY(float);
    case LITERT_UINT8: COPY(uint8_t);
    case LITERT_INT8: COPY(int8_t);
    case LITERT_INT16: COPY(int16_t);
    default: fail("Type of a tensor", "float32, uint8, int8 or int16 only");
  }
#undef COPY
  must(LiteRtUnlockTensorBuffer(m->buffers[side]), "Unlocking");
}

static char *read_text(const char *folder, const char *name) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
    fail("Too long", folder);
  FILE *file = fopen(path, "rb");
  if (!file) fail("Cannot open", path);
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  char *text = malloc((size_t)size + 1);
  if (!text || fread(text, 1, (size_t)size, file) != (size_t)size)
    fail("Cannot read", path);
  text[size] = '\0';
  fclose(file);
  return text;
}

/* Reads `count` numbers of the next list called `key`; NULL if there is none.
 *
 * Enough for test_vectors.json, whose lists are flat and whose keys are
 * sorted: "input" comes before "output".
 */
static const char *read_list(const char *text, const char *key, double *values,
                             size_t count) {
  char pattern[32];
  snprintf(pattern, sizeof pattern, "\"%s\":[", key);
  text = strstr(text, pattern);
  if (!text) return NULL;
  text += strlen(pattern);
  for (size_t i = 0; i < count; ++i) {
    char *end;
    values[i] = strtod(text, &end);
    if (end == text || *end != (i + 1 < count ? ',' : ']'))
      fail("Wrong number of values in a list", key);
    text = end + 1;
  }
  return text;
}

int main(int argc, char **argv) {
  if (argc != 2) fail("Usage", "./check FOLDER");
  char path[4096];
  if (snprintf(path, sizeof path, "%s/model.tflite", argv[1]) >=
      (int)sizeof path)
    fail("Too long", argv[1]);
  char *text = read_text(argv[1], "test_vectors.json");
  const char *place = strstr(text, "\"tolerance\":");
  if (!place) fail("No tolerance", "test_vectors.json");
  double tolerance = strtod(place + strlen("\"tolerance\":"), NULL);

  Model model = load(path);
  size_t sizes[2] = {numbers(&model, INPUT), numbers(&model, OUTPUT)};
  double *input = calloc(sizes[INPUT], sizeof(double));
  double *wanted = calloc(sizes[OUTPUT], sizeof(double));
  double *found = calloc(sizes[OUTPUT], sizeof(double));
  if (!input || !wanted || !found) fail("Out of memory", argv[1]);

  int count = 0;
  for (place = text;
       (place = read_list(place, "input", input, sizes[INPUT])) != NULL;
       ++count) {
    place = read_list(place, "output", wanted, sizes[OUTPUT]);
    if (!place) fail("A vector has no output", "test_vectors.json");
    copy(&model, INPUT, input, 1);
    must(LiteRtRunCompiledModel(model.compiled, 0, 1, &model.buffers[INPUT], 1,
                                &model.buffers[OUTPUT]),
         "Running");
    copy(&model, OUTPUT, found, 0);
    for (size_t i = 0; i < sizes[OUTPUT]; ++i) {
      /* Written so that NaN is too far as well. */
      if (!(fabs(found[i] - wanted[i]) <= tolerance)) {
        fprintf(stderr, "Vector %d: output %zu is %g, not %g.\n", count, i,
                found[i], wanted[i]);
        return 1;
      }
    }
  }
  if (count == 0) fail("No vectors", "test_vectors.json");
  printf("All %d test vectors agree.\n", count);
  free(input);
  free(wanted);
  free(found);
  free(text);
  unload(&model);
  return 0;
}
