/* The part of LiteRT's C interface that check.c uses.
 *
 * The Python wheel of ai-edge-litert brings libLiteRt.so but no headers; these
 * declarations follow the interface of release 2.3. With LiteRT's own headers
 * at hand, include litert/c/litert_model.h, litert_compiled_model.h and
 * litert_tensor_buffer.h in place of this file.
 */

#ifndef TFKD_EXAMPLES_LITERT_H_
#define TFKD_EXAMPLES_LITERT_H_

#include <stddef.h>
#include <stdint.h>

enum { LITERT_OK = 0, LITERT_CPU = 1, LITERT_READ = 0, LITERT_WRITE = 1 };

/* Numbers of the types that tfkd's files have at their ends. */
enum { LITERT_FLOAT32 = 1, LITERT_UINT8 = 3, LITERT_INT16 = 7, LITERT_INT8 = 9 };

typedef int LiteRtStatus;
typedef struct LiteRtEnvironmentT *LiteRtEnvironment;
typedef struct LiteRtModelT *LiteRtModel;
typedef struct LiteRtOptionsT *LiteRtOptions;
typedef struct LiteRtSignatureT *LiteRtSignature;
typedef struct LiteRtTensorT *LiteRtTensor;
typedef struct LiteRtCompiledModelT *LiteRtCompiledModel;
typedef struct LiteRtTensorBufferT *LiteRtTensorBuffer;
typedef struct LiteRtTensorBufferRequirementsT *LiteRtRequirements;

typedef struct {
  int32_t element_type;
  struct {
    unsigned int rank : 7;
    unsigned int has_strides : 1;
    int32_t dimensions[8];
    uint32_t strides[8];
  } layout;
} LiteRtRankedTensorType;

LiteRtStatus LiteRtCreateEnvironment(int, const void *, LiteRtEnvironment *);
void LiteRtDestroyEnvironment(LiteRtEnvironment);

LiteRtStatus LiteRtCreateModelFromFile(LiteRtEnvironment, const char *,
                                       LiteRtModel *);
LiteRtStatus LiteRtGetModelSignature(LiteRtModel, size_t, LiteRtSignature *);
LiteRtStatus LiteRtGetSignatureInputTensorByIndex(LiteRtSignature, size_t,
                                                  LiteRtTensor *);
LiteRtStatus LiteRtGetSignatureOutputTensorByIndex(LiteRtSignature, size_t,
                                                   LiteRtTensor *);
LiteRtStatus LiteRtGetRankedTensorType(LiteRtTensor, LiteRtRankedTensorType *);
void LiteRtDestroyModel(LiteRtModel);

LiteRtStatus LiteRtCreateOptions(LiteRtOptions *);
LiteRtStatus LiteRtSetOptionsHardwareAccelerators(LiteRtOptions, int);
void LiteRtDestroyOptions(LiteRtOptions);

LiteRtStatus LiteRtCreateCompiledModel(LiteRtEnvironment, LiteRtModel,
                                       LiteRtOptions, LiteRtCompiledModel *);
LiteRtStatus LiteRtGetCompiledModelInputBufferRequirements(
    LiteRtCompiledModel, size_t, size_t, LiteRtRequirements *);
LiteRtStatus LiteRtGetCompiledModelOutputBufferRequirements(
    LiteRtCompiledModel, size_t, size_t, LiteRtRequirements *);
LiteRtStatus LiteRtRunCompiledModel(LiteRtCompiledModel, size_t, size_t,
                                    LiteRtTensorBuffer *, size_t,
                                    LiteRtTensorBuffer *);
void LiteRtDestroyCompiledModel(LiteRtCompiledModel);

LiteRtStatus LiteRtCreateManagedTensorBufferFromRequirements(
    LiteRtEnvironment, const LiteRtRankedTensorType *, LiteRtRequirements,
    LiteRtTensorBuffer *);
LiteRtStatus LiteRtLockTensorBuffer(LiteRtTensorBuffer, void **, int);
LiteRtStatus LiteRtUnlockTensorBuffer(LiteRtTensorBuffer);
void LiteRtDestroyTensorBuffer(LiteRtTensorBuffer);

#endif
