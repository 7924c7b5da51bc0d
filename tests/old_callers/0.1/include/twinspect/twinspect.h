/*
 * twinspect: finds defects in pictures of manufactured parts without training.
 *
 * Generated from src/ffi/. This file is the interface: what it does not say is not promised.
 *
 * The shortest program (every call returns a tsp_status, which a real one checks):
 *
 *   tsp_fitter *fitter;
 *   tsp_fitter_create(NULL, &fitter);
 *   for (...) tsp_fitter_add_file(fitter, good_part, NULL);
 *   tsp_model *model;
 *   tsp_fitter_fit(fitter, &model);
 *   tsp_model_save(model, "part.twin");
 *
 *   tsp_inspector *inspector;
 *   tsp_result *result;
 *   tsp_inspector_create(model, NULL, &inspector);
 *   tsp_result_create(&result);
 *   tsp_image image;                                      or tsp_inspector_inspect_file(inspector, path, NULL, result);
 *   tsp_image_init(&image, TSP_FORMAT_BGR8, width, height, pixels, stride);
 *   tsp_inspector_inspect(inspector, &image, NULL, result);
 *   tsp_summary summary = {sizeof summary};
 *   tsp_result_summary(result, &summary);
 *   if (summary.verdict == TSP_VERDICT_DEFECT) ...
 *
 * Sections, in reading order
 *   For every program: Library, Errors, Options, Images, Fitting, Models, Inspecting, Results.
 *   For those who need more: Health and drift (pictures that nobody should judge, parts that change), Batches (several pictures
 *   in one call, progress, cancelling), Thresholds (from a program's own scores), Variation models (HALCON's comparison of
 *   gray values, call by call), Devices (which GPUs there are), Log (warnings of models, defects of the library).
 *
 * Errors
 *   A function that can fail returns a tsp_status; TSP_OK is 0. Words about a failure are in tsp_last_error, per thread.
 *   A failed call changes nothing: objects, files and outputs are as before, but a handle output is NULL. Every function
 *   that returns a tsp_status can give NULL_ARGUMENT, INVALID_HANDLE, FORKED, MEMORY, TORCH and PANIC; the comments name
 *   the others, without their prefix TSP_E_. After a PANIC the object that was being changed can only be destroyed.
 *   A part that is not good is not an error: see TSP_VERDICT_*.
 *
 * Networks
 *   The weights of a network are a file beside the library, which never reaches for a network itself: `twinspect weights get
 *   efficientnet-lite0` fetches those of the default one, once a machine. They are looked for in the folder that the
 *   environment variable TWINSPECT_WEIGHTS names, then in the user's folder for data; the option backbone may also name a
 *   file. Without them making a fitter or loading a model is WEIGHTS, whose hint says what to do.
 *
 * Objects
 *   tsp_X_create or another function makes an object, tsp_X_destroy frees it. Destroying NULL does nothing, and the order
 *   of destruction is free: an object keeps what it needs of another one. A destroyed handle is recognised, unless its
 *   address has been used again.
 *
 * Memory
 *   The library frees what it allocates, the caller frees what the caller allocates. Pictures and other inputs are read
 *   during a call and not kept. Pointers that the library gives out say how long they live.
 *
 * Threads
 *   A pointer to const means that calls may run at the same time. A tsp_model may be used by any number of threads. All
 *   other objects are for one thread at a time; a second one, or a call from the object's own callback, gets BUSY. A
 *   destroy must not race with a call. tsp_set_threads, tsp_set_log and the option threads count for the whole process; of
 *   the first and the last, the later call counts. The same build, model, picture, device and number of threads give the
 *   same bits.
 *   After fork the child must not use the library (FORKED). No function may be called from a signal handler or from DllMain.
 *
 * Structs
 *   struct_size is the first field: set it to the sizeof of the struct before every call, input or output; the library never
 *   changes it. A struct may
 *   grow at its end in later versions; programs that were built before keep working. Zero is the default of every field.
 *
 * Texts and buffers
 *   Texts are UTF-8 and end with NUL. So are paths; on Unix a path may be any bytes. More than 65536 bytes before the NUL
 *   are INVALID_ARGUMENT. A function that fills the caller's buffer takes its capacity in bytes and writes to needed how
 *   many bytes there are, a text's NUL included. A capacity of 0 asks for that number alone, and buffer may then be NULL;
 *   otherwise needed may be NULL. If the buffer is too small, it stays as it is, needed is written, and the status is
 *   BUFFER_TOO_SMALL.
 *
 * Memory
 *   What grows with pictures, models and files is asked for, and the status is MEMORY where there is none. Small things (an
 *   object, a name, an error's words, a row of a picture) are not: where the system has not even those, the process ends.
 *
 * Units
 *   Scores, thresholds and anomaly maps are Mahalanobis distances: multiples of the normal variation, 0 or more; those of
 *   variation models are gray values. Sizes and coordinates are pixels of the picture, from 0, rows from the top.
 *
 * Versions
 *   Within a major version nothing is removed, renumbered or given another meaning. Before 1.0 that holds within a minor
 *   version only. The file that tsp_model_save writes has a version of its own.
 */

#ifndef TWINSPECT_H
#define TWINSPECT_H

#include <stddef.h>
#include <stdint.h>

/** Version of this header; tsp_abi_version and tsp_version give the library's. */
#define TSP_VERSION_MAJOR 0
#define TSP_VERSION_MINOR 1
#define TSP_VERSION_PATCH 0
#define TSP_VERSION "0.1.0"
/** major * 1000000 + minor * 1000 + patch */
#define TSP_ABI_VERSION 1000

#ifdef __cplusplus
extern "C" {
#endif

/*
 * ==== Library ====
 *
 * A program that loads the library at run time asks tsp_check_abi first.
 */

/** What became of a call. The numbers never change. */
enum tsp_status
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /** Done. */
  TSP_OK = 0,
  /** A pointer that must not be NULL was NULL. */
  TSP_E_NULL_ARGUMENT = 1,
  /** A value is outside of what the function accepts. */
  TSP_E_INVALID_ARGUMENT = 2,
  /** A handle is not, or no longer, of the expected object. */
  TSP_E_INVALID_HANDLE = 3,
  /** The call came in the wrong order. */
  TSP_E_STATE = 4,
  /** The object is in use by another thread, or by its own callback. */
  TSP_E_BUSY = 5,
  /** Well-formed, but this build or this version cannot do it. */
  TSP_E_UNSUPPORTED = 6,
  /** The caller's buffer does not hold the result. */
  TSP_E_BUFFER_TOO_SMALL = 7,
  /** The pixels cannot be used: stride, format, not finite, damaged file. */
  TSP_E_IMAGE = 8,
  /** The width or height does not fit. */
  TSP_E_IMAGE_SIZE = 9,
  /** A file or folder does not exist. */
  TSP_E_NOT_FOUND = 10,
  /** The system could not read or write. */
  TSP_E_IO = 11,
  /** The file is not of the expected format, or damaged. */
  TSP_E_FORMAT = 12,
  /** The file or library is of a version that cannot be used. */
  TSP_E_VERSION = 13,
  /** A network's weights are missing, or not the expected ones. */
  TSP_E_WEIGHTS = 14,
  /** The device does not exist or cannot be used. */
  TSP_E_DEVICE = 15,
  /** Host or device memory is exhausted. */
  TSP_E_MEMORY = 16,
  /** There are fewer normal images than the work needs. */
  TSP_E_TOO_FEW_IMAGES = 17,
  /** A number came out that is not finite. */
  TSP_E_NUMERIC = 18,
  /** The caller's progress function asked to stop. */
  TSP_E_CANCELLED = 19,
  /** The process was forked after the library had been used. */
  TSP_E_FORKED = 20,
  /** libtorch reported a failure of its own. */
  TSP_E_TORCH = 21,
  /** A defect of twinspect; the object in use can only be destroyed. */
  TSP_E_PANIC = 22,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum tsp_status tsp_status;
#else
typedef int32_t tsp_status;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/** The library's version as a number, to be compared with the header's TSP_ABI_VERSION. */
uint32_t tsp_abi_version(void);

/** The library's version as a text, such as "0.1.0". Never NULL, lives for ever. */
const char *tsp_version(void);

/**
 * What the library was built from, as one line of JSON for a log: version, commit, rustc, libtorch, features.
 *
 * libtorch is the version that it was built with, libtorch_loaded that of this process, null where libtorch does not say.
 * Never NULL, lives for ever.
 */
const char *tsp_build_info(void);

/**
 * 1 if this build has the feature, 0 if it has not, does not know it, or name is NULL.
 *
 * "cuda": the option device may be cuda, where a CUDA build of libtorch is installed.
 * "cuda.input": a tsp_image may lie in TSP_MEMORY_CUDA.
 */
int32_t tsp_has_feature(const char *name);

/**
 * Checks that a program which was built with a header serves with this library: pass TSP_ABI_VERSION.
 *
 * The same major version, and a header that is not of a later minor version; before 1.0 the same minor version.
 * Errors: VERSION, naming both.
 */
tsp_status tsp_check_abi(uint32_t header_version);

/**
 * Sets how many threads libtorch uses inside of one operation, 1 to 1024, for the whole process.
 *
 * Programs that inspect on several threads at once are usually fastest with 1. Errors: INVALID_ARGUMENT.
 */
tsp_status tsp_set_threads(int32_t count);

/*
 * ==== Errors ====
 *
 * Every function that can fail returns a tsp_status and, on entry, clears the last error of the calling thread. So ask
 * at once, on the same thread.
 */

/** A failure in words. 32 bytes. */
typedef struct tsp_error {
  /** sizeof(tsp_error), set by the caller. */
  uint32_t struct_size;
  /** A tsp_status. */
  int32_t code;
  /** What went wrong, in one line: which value, and which are allowed. */
  const char *message;
  /** What to do about it, a whole sentence; may be empty. */
  const char *hint;
  /** A file, an image's name or an option's key; may be empty. */
  const char *where;
} tsp_error;

/**
 * Fills out with this thread's last error: TSP_OK and empty texts if the last call succeeded.
 *
 * out: not NULL, struct_size set by the caller; otherwise nothing is written. The texts live until the next call of
 * this thread that returns a tsp_status.
 */
void tsp_last_error(tsp_error *out);

/**
 * This thread's last error as one line for a log: "where: message. hint". Never NULL, empty if there is none.
 *
 * Lives until the next call of this thread that returns a tsp_status.
 */
const char *tsp_last_error_message(void);

/** The name of a status, such as "TSP_E_IO"; "unknown status" for a number that is none. Never NULL, lives for ever. */
const char *tsp_status_name(int32_t status);

/*
 * ==== Options ====
 *
 * Settings by name, the same names as on the command line. All start at their defaults. Options of scope FIT say what
 * a model is and are stored in it; those of scope RUN say how and where to work. A recipe sets several at once, by its
 * name. A function that takes options copies what it needs, so they may be changed or destroyed afterwards; NULL stands
 * for the defaults.
 */

/** A whole number. */
#define TSP_TYPE_INT 1
/** A finite number. */
#define TSP_TYPE_FLOAT 2
/** One of some words. */
#define TSP_TYPE_CHOICE 3
/** Any text of at least one character. */
#define TSP_TYPE_TEXT 4
/** Counts while fitting, and is stored in the model. */
#define TSP_SCOPE_FIT 1
/** Counts whenever work is done, and is never stored. */
#define TSP_SCOPE_RUN 2

/** Settings by name, for fitting, loading and inspecting. */
typedef struct tsp_options tsp_options;

/** One row of the table of options. 64 bytes; the texts live for ever. */
typedef struct tsp_option {
  /** sizeof(tsp_option), set by the caller. */
  uint32_t struct_size;
  /** A TSP_TYPE_*. */
  int32_t type;
  /** A TSP_SCOPE_*. */
  int32_t scope;
  /** 0. */
  uint32_t reserved;
  /** Its name. */
  const char *key;
  /** Its value when nobody sets it, in the form that tsp_options_set_text takes. */
  const char *default_value;
  /** The words that a TSP_TYPE_CHOICE takes, separated by commas; empty for other types. */
  const char *choices;
  /** One or two lines for a person. */
  const char *help;
  /** The smallest value of a number; 0 for other types. */
  double min;
  /** The largest value of a number; 0 for other types. */
  double max;
} tsp_option;

/** Makes a set of options, all at their defaults. Free it with tsp_options_destroy. */
tsp_status tsp_options_create(tsp_options **out);

/**
 * Sets a whole number; a number option takes it, too. Errors: INVALID_ARGUMENT for an unknown key (the nearest one is
 * in the hint), another type or a value out of range; BUSY.
 */
tsp_status tsp_options_set_int(tsp_options *options,
                               const char *key,
                               int64_t value);

/** Sets a number. Errors: as tsp_options_set_int. */
tsp_status tsp_options_set_float(tsp_options *options, const char *key, double value);

/**
 * Sets an option of any type from a text; numbers have a decimal point, whatever the locale.
 *
 * Errors: as tsp_options_set_int.
 */
tsp_status tsp_options_set_text(tsp_options *options, const char *key, const char *value);

/**
 * Sets what the recipe of this name sets, for instance "paper"; `twinspect fit --list-recipes` prints them all.
 *
 * Options that the recipe does not name stay as they are, and what is set afterwards wins. Errors: INVALID_ARGUMENT for
 * an unknown name (the known ones are in the message); BUSY.
 */
tsp_status tsp_options_apply_recipe(tsp_options *options,
                                    const char *name);

/**
 * The effective value of an option as text, in the form that tsp_options_set_text takes.
 *
 * buffer, capacity, needed: see Texts and buffers. Errors: INVALID_ARGUMENT for an unknown key, BUFFER_TOO_SMALL, BUSY.
 */
tsp_status tsp_options_get_text(const tsp_options *options,
                                const char *key,
                                char *buffer,
                                uint64_t capacity,
                                uint64_t *needed);

/** Frees the options; NULL is fine. */
void tsp_options_destroy(tsp_options *options);

/** How many options there are. */
uint64_t tsp_option_count(void);

/**
 * What there is to know about option number index, from 0 to tsp_option_count() - 1, in the order in which the data
 * meets them. Errors: INVALID_ARGUMENT.
 */
tsp_status tsp_option_info(uint64_t index,
                           tsp_option *out);

/*
 * ==== Images ====
 *
 * Pictures stay in the caller's memory: they are read during a call, never written, never kept, and nobody may write to
 * them meanwhile (from the first byte of the first row in memory to the last byte of the last one). A rectangle of a
 * picture is a picture: move plane, set width and height, keep row_stride.
 *
 * A mask is a GRAY8 picture of the same size as the picture that it belongs to; non-zero = inspect. One that marks no
 * pixel is TSP_E_IMAGE: nothing would be found to be good.
 *
 * Samples above white count as white, floats below 0 as 0. white may be set for any format, 8 bits too. What the library
 * itself shows as a tsp_image (masks of results, lead images) has rows from top to bottom, row_stride above 0.
 */

/** One byte. */
#define TSP_FORMAT_GRAY8 1
/** One 16-bit sample. */
#define TSP_FORMAT_GRAY16 2
/** One 32-bit float, 0 to white; every one must be finite. */
#define TSP_FORMAT_GRAYF32 3
/** Blue, green, red. */
#define TSP_FORMAT_BGR8 4
/** Red, green, blue. */
#define TSP_FORMAT_RGB8 5
/** Blue, green, red, alpha. */
#define TSP_FORMAT_BGRA8 6
/** Red, green, blue, alpha. */
#define TSP_FORMAT_RGBA8 7
/** Three planes of bytes, as HALCON's get_image_pointer3 gives them. */
#define TSP_FORMAT_RGB8_PLANAR 8
/** Three planes of 16-bit samples. */
#define TSP_FORMAT_RGB16_PLANAR 9
/** In the memory of the process. */
#define TSP_MEMORY_HOST 0
/** In the memory of a GPU; needs the feature "cuda.input". */
#define TSP_MEMORY_CUDA 1

/** A picture in the caller's memory. 64 bytes. */
typedef struct tsp_image {
  /** sizeof(tsp_image). */
  uint32_t struct_size;
  /** A TSP_FORMAT_*. */
  int32_t format;
  /** Pixels in a row, 1 to 32768. */
  uint32_t width;
  /** Rows, 1 to 32768. */
  uint32_t height;
  /** The first pixel of the top row. Planar formats use all three (red, green, blue), the others the first one alone. */
  const void *plane[3];
  /** Bytes from one row to the next below it, the same for all planes; 0 = tightly packed, negative = bottom-up. */
  int64_t row_stride;
  /** The value that means full scale; 0 = 255, 65535 or 1.0 by the format. 4095 for a 12-bit camera. */
  double white;
  /** A TSP_MEMORY_*. */
  int32_t memory;
  /** Which GPU, for TSP_MEMORY_CUDA; otherwise 0. */
  int32_t device;
} tsp_image;

/** How pixels lie in memory: a TSP_FORMAT_*. Alpha is ignored, 16 bit is in native byte order, gray is repeated. */
typedef int32_t tsp_pixel_format;

/** Where pixels lie: a TSP_MEMORY_*. */
typedef int32_t tsp_memory;

/**
 * Fills a tsp_image, struct_size included; white, memory and device become 0.
 *
 * data: the first pixel of the top row. Of planar formats the planes must follow each other without a gap; set plane
 * afterwards if they do not. row_stride: bytes, 0 = tightly packed. Size and stride are checked where the image is used.
 * Errors: INVALID_ARGUMENT for an unknown format.
 */
tsp_status tsp_image_init(tsp_image *out,
                          tsp_pixel_format format,
                          uint32_t width,
                          uint32_t height,
                          const void *data,
                          int64_t row_stride);

/**
 * Makes all checks on a picture that an inspection makes, and no other work; floats are read, to find what is not
 * finite. More than 2^28 pixels are refused, the default of the option image.max_pixels.
 *
 * Errors: IMAGE for stride, white or a float; IMAGE_SIZE; INVALID_ARGUMENT for format or memory; UNSUPPORTED.
 */
tsp_status tsp_image_check(const tsp_image *image);

/*
 * ==== Fitting ====
 *
 * Add pictures of good parts one by one, then fit. Some 25 are enough for a good model; one is fitted, but gives no
 * thresholds. The fitter keeps its pictures' features, so more can be added and fitted again. A picture of another size
 * than the first is resized like it, unless the option input.size_mismatch refuses it; what is found in it lies in its own
 * pixels.
 */

/** Takes pictures of good parts and makes a model of them. */
typedef struct tsp_fitter tsp_fitter;

/** What was learned from good parts. Never changes; shared by any number of threads. */
typedef struct tsp_model tsp_model;

/**
 * Watches long work: done of total steps of stage are finished. A return value other than 0 cancels (CANCELLED).
 *
 * Called on the thread that called the library, at most 20 times a second, besides at the start of each stage and at its
 * end. stage lives during the call. It must not throw or longjmp; a call into the object that is at work is BUSY.
 */
typedef int32_t (*tsp_progress)(void *user_data, const char *stage, uint64_t done, uint64_t total);

/**
 * Makes a fitter for a new model. Free it with tsp_fitter_destroy.
 *
 * options: NULL = the defaults. Errors: INVALID_ARGUMENT for options that do not go together, WEIGHTS, DEVICE.
 */
tsp_status tsp_fitter_create(const tsp_options *options,
                             tsp_fitter **out);

/**
 * Makes a fitter that adds pictures to a model, which itself stays as it is: only groups that a new picture joins are
 * fitted anew. Free it with tsp_fitter_destroy; the model may be destroyed before.
 *
 * options: NULL = the defaults; those of scope FIT come from the model. Errors: DEVICE, MEMORY.
 */
tsp_status tsp_fitter_create_from_model(const tsp_model *model,
                                        const tsp_options *options,
                                        tsp_fitter **out);

/**
 * Adds a picture of a good part.
 *
 * mask: what of it counts for the thresholds; NULL = all. name: for messages and for the model; NULL = "image" and its
 * number. Errors: IMAGE, IMAGE_SIZE, INVALID_ARGUMENT, UNSUPPORTED, NUMERIC, MEMORY, IO of a temporary file, BUSY.
 */
tsp_status tsp_fitter_add(tsp_fitter *fitter,
                          const tsp_image *image,
                          const tsp_image *mask,
                          const char *name);

/**
 * Adds a picture file of a good part: PNG, JPEG, BMP, TIFF, WebP, PGM or PPM. Its name in the model is the file's.
 *
 * mask_path: an 8-bit gray picture of the same size, non-zero = counts; NULL = all counts.
 * Errors: NOT_FOUND, IO, and those of tsp_fitter_add.
 */
tsp_status tsp_fitter_add_file(tsp_fitter *fitter,
                               const char *path,
                               const char *mask_path);

/** How many pictures were added. Errors: BUSY. */
tsp_status tsp_fitter_count(const tsp_fitter *fitter, uint64_t *out);

/**
 * Sets who watches tsp_fitter_fit; function NULL = nobody. user_data is handed to function and never looked at.
 *
 * Errors: BUSY.
 */
tsp_status tsp_fitter_set_progress(tsp_fitter *fitter,
                                   tsp_progress function,
                                   void *user_data);

/**
 * Makes a model of the pictures so far: groups, statistics, thresholds. Free it with tsp_model_destroy.
 *
 * Errors: TOO_FEW_IMAGES, CANCELLED, NUMERIC, MEMORY, IO of a temporary file, BUSY.
 */
tsp_status tsp_fitter_fit(tsp_fitter *fitter,
                          tsp_model **out);

/** Frees the fitter; NULL is fine. Models that it made live on. */
void tsp_fitter_destroy(tsp_fitter *fitter);

/*
 * ==== Models ====
 *
 * A model never changes, so any number of threads may use it at once. Inspectors and fitters keep what they need of it:
 * it may be destroyed before them.
 */

/** What a model is made of. 56 bytes. */
typedef struct tsp_model_summary {
  /** sizeof(tsp_model_summary), set by the caller. */
  uint32_t struct_size;
  /** Normal images that it has learned from. */
  uint32_t image_count;
  /** Groups of them, one a pose. */
  uint32_t group_count;
  /** Pictures that were added and that it has not learned from: copies of others and, where asked for, outliers. */
  uint32_t left_out_count;
  /** Width of the first normal image, in pixels. */
  uint32_t image_width;
  /** Its height. */
  uint32_t image_height;
  /** Width of the network's input, in pixels. */
  uint32_t input_width;
  /** Its height. */
  uint32_t input_height;
  /** Locations in a row of the grid on which the statistics are kept. */
  uint32_t grid_width;
  /** Rows of that grid. */
  uint32_t grid_height;
  /** Scores from here on are defects; NaN if there were too few images to say. */
  float threshold;
  /** Pixels of the anomaly map from here on form defect regions; NaN if there were too few images to say. */
  float pixel_threshold;
  /** Version of the model file that tsp_model_save writes. */
  uint32_t file_version;
  /** 0. */
  uint32_t reserved;
} tsp_model_summary;

/**
 * Reads a model file. Free the model with tsp_model_destroy; the file is closed when the call returns.
 *
 * options: NULL = the defaults. Those of scope FIT come from the file and are ignored here, but for a "backbone" that was
 * set: it says where the network is now, whose SHA-256 must be that of the file. A model may name a TorchScript module
 * on this machine, which is a program and is run: load such models only from those whom you trust.
 * Errors: NOT_FOUND, IO (also for a folder, device or pipe), FORMAT for a file that is damaged or no model, VERSION for
 * one of a newer library, WEIGHTS for a network that is missing or another than then, DEVICE, MEMORY.
 */
tsp_status tsp_model_load(const char *path,
                          const tsp_options *options,
                          tsp_model **out);

/** Reads a model from the content of its file, size bytes at data, which are not kept. Errors: as tsp_model_load. */
tsp_status tsp_model_load_memory(const void *data,
                                 uint64_t size,
                                 const tsp_options *options,
                                 tsp_model **out);

/**
 * Writes the model to a file. A file of that name is replaced in one step or, if anything fails, left as it is.
 *
 * A symbolic link stays, and the file that it names is written. Errors: IO (also if path is a folder, device or pipe),
 * NOT_FOUND for a folder that does not exist, MEMORY.
 */
tsp_status tsp_model_save(const tsp_model *model,
                          const char *path);

/**
 * Writes the content of the model's file into the caller's buffer.
 *
 * buffer, capacity, needed: see Texts and buffers; asking for the size costs as much as writing.
 * Errors: BUFFER_TOO_SMALL, MEMORY.
 */
tsp_status tsp_model_save_memory(const tsp_model *model,
                                 void *buffer,
                                 uint64_t capacity,
                                 uint64_t *needed);

/** What the model is made of. */
tsp_status tsp_model_info(const tsp_model *model, tsp_model_summary *out);

/**
 * What the model is made of, in words and numbers: one line of JSON, the object of `twinspect info --json` without its
 * key bytes, which is the size of the file.
 *
 * It names the network and the hashes of all weights, the recipe, the thresholds and what they can be relied on for, each
 * group with its images and their scores, what was left out and why, and what a person should know before relying on it.
 * buffer, capacity, needed: see Texts and buffers. Errors: BUFFER_TOO_SMALL.
 */
tsp_status tsp_model_describe(const tsp_model *model,
                              char *buffer,
                              uint64_t capacity,
                              uint64_t *needed);

/**
 * A small picture of the lead image of group number group, from 0, as the network saw it: RGB8, its longer side 128 pixels
 * at most, without copying. Lives until the model is destroyed.
 *
 * Errors: INVALID_ARGUMENT if there is no such group.
 */
tsp_status tsp_model_lead_image(const tsp_model *model,
                                uint32_t group,
                                tsp_image *out);

/**
 * Makes a model with other thresholds: image for the score, pixel for the anomaly map; NaN keeps the model's own. Free it
 * with tsp_model_destroy.
 *
 * What was learned is shared with the model, which itself stays as it is. A fitter that adds pictures to the new model
 * finds its thresholds anew. Errors: INVALID_ARGUMENT for a threshold that is infinite, or 0 or less.
 */
tsp_status tsp_model_with_thresholds(const tsp_model *model,
                                     float image,
                                     float pixel,
                                     tsp_model **out);

/** Frees the model, as soon as nobody uses it; NULL is fine. */
void tsp_model_destroy(tsp_model *model);

/*
 * ==== Inspecting ====
 *
 * One inspector a thread; all of them share one model.
 */

/** Inspects pictures with a model, one at a time. */
typedef struct tsp_inspector tsp_inspector;

/** What an inspection found; used again for the next picture. */
typedef struct tsp_result tsp_result;

/** How long the stages of an inspection took, in milliseconds; 0 of a stage that the model does without. 64 bytes. */
typedef struct tsp_timing {
  /** sizeof(tsp_timing), set by the caller. */
  uint32_t struct_size;
  /** 0. */
  uint32_t reserved;
  /** All stages together. */
  double total_ms;
  /** Pixels to the networks' inputs. */
  double preprocess_ms;
  /** The backbone and the patch adaptor. */
  double backbone_ms;
  /** Key points, which lead image they match, and how the picture lies on it. */
  double matching_ms;
  /** Distances to what is normal. */
  double statistics_ms;
  /** The anomaly map and its score. */
  double map_ms;
  /** Regions and verdict. */
  double verdict_ms;
} tsp_timing;

/**
 * Makes an inspector. Free it with tsp_inspector_destroy; the model may be destroyed before.
 *
 * options: NULL = the defaults; those of scope FIT come from the model. Errors: DEVICE, MEMORY.
 */
tsp_status tsp_inspector_create(const tsp_model *model,
                                const tsp_options *options,
                                tsp_inspector **out);

/**
 * Inspects a made-up picture of this format and size, so that the next picture does not have to wait until memory, threads
 * and kernels are ready. Thresholds, results and timing stay as they are.
 *
 * Errors: INVALID_ARGUMENT for an unknown format, IMAGE_SIZE, MEMORY, BUSY.
 */
tsp_status tsp_inspector_warm_up(tsp_inspector *inspector,
                                 tsp_pixel_format format,
                                 uint32_t width,
                                 uint32_t height);

/**
 * Inspects a picture.
 *
 * mask: what of it is inspected; NULL = all. result: what was found replaces what was in it; it stays as it was if the
 * call fails. A bad part is no error: see the verdict of tsp_result_summary.
 * Errors: IMAGE, IMAGE_SIZE, INVALID_ARGUMENT, UNSUPPORTED, NUMERIC, MEMORY, BUSY for inspector or result.
 */
tsp_status tsp_inspector_inspect(tsp_inspector *inspector,
                                 const tsp_image *image,
                                 const tsp_image *mask,
                                 tsp_result *result);

/**
 * Inspects a picture file: PNG, JPEG, BMP, TIFF, WebP, PGM or PPM, as tsp_fitter_add_file reads them.
 *
 * mask_path: an 8-bit gray picture of the same size, non-zero = inspect; NULL = all. result: as tsp_inspector_inspect.
 * Errors: NOT_FOUND, IO, and those of tsp_inspector_inspect; the error's where is the file.
 */
tsp_status tsp_inspector_inspect_file(tsp_inspector *inspector,
                                      const char *path,
                                      const char *mask_path,
                                      tsp_result *result);

/**
 * Uses other thresholds than the model's from the next picture on: image for the score, pixel for the anomaly map.
 * NaN puts the model's own back. Errors: INVALID_ARGUMENT for one that is infinite, or 0 or less; BUSY.
 */
tsp_status tsp_inspector_set_thresholds(tsp_inspector *inspector,
                                        float image,
                                        float pixel);

/**
 * How long the stages of the last picture took that was inspected without failure.
 *
 * A GPU works on while the program goes on: then a stage's time is what was waited for during it, and the sum is right.
 * Errors: STATE before the first picture, BUSY.
 */
tsp_status tsp_inspector_timing(const tsp_inspector *inspector,
                                tsp_timing *out);

/** Frees the inspector; NULL is fine. Results live on. */
void tsp_inspector_destroy(tsp_inspector *inspector);

/*
 * ==== Results ====
 *
 * A result is the caller's: make one, inspect into it again and again. What its functions point to (map, mask, runs)
 * lives until the result is inspected into again or destroyed. Before the first inspection they answer STATE.
 */

/** Nothing was inspected yet. Zeroed memory never reads as good. */
#define TSP_VERDICT_NONE 0
/** The score is below the threshold. */
#define TSP_VERDICT_GOOD 1
/** The score reaches the threshold. */
#define TSP_VERDICT_DEFECT 2

/**
 * Nobody can say: the picture matches no lead image, or there is no threshold, or something is wrong with the picture
 * (health in tsp_summary).
 */
#define TSP_VERDICT_UNDECIDED 3

/** What an inspection found, in numbers. 56 bytes. */
typedef struct tsp_summary {
  /** sizeof(tsp_summary), set by the caller. */
  uint32_t struct_size;
  /** A TSP_VERDICT_*. */
  int32_t verdict;
  /** The anomaly score, in standard deviations, 0 or more. */
  float score;
  /** The threshold of the score that was used; NaN = none. */
  float threshold;
  /** The threshold of the anomaly map that was used; NaN = none, and then there are no regions. */
  float pixel_threshold;
  /** The group of normal images that the picture was compared with, from 0. */
  uint32_t group;
  /** Matches with that group's lead image; 0 if the model matches nothing. */
  uint32_t matches;
  /** Defect regions. */
  uint32_t region_count;
  /** Runs of all regions together. */
  uint32_t run_count;
  /** Width of the anomaly map, which is the picture's. */
  uint32_t map_width;
  /** Its height. */
  uint32_t map_height;
  /** 1 if the picture was moved onto the lead image before it was compared, see tsp_result_registration; else 0. */
  uint32_t registered;
  /** What is wrong with the picture itself: TSP_HEALTH_* bits, 0 = nothing; see tsp_result_health. */
  uint32_t health;
  /** Pictures right before it that the inspector saw, one after the other, that were the same to the last bit. */
  uint32_t repeats;
} tsp_summary;

/** How a picture was moved onto its group's lead image. 96 bytes. */
typedef struct tsp_registration {
  /** sizeof(tsp_registration), set by the caller. */
  uint32_t struct_size;
  /** Matches that agree with it. */
  uint32_t inliers;
  /** Root of their mean squared distance from where they should be, in pixels of the network's input. */
  double rms_px;
  /**
   * A 3 x 3 matrix, row by row, that ends in 1: (x, y) of the picture to (x', y') of the lead image, both in pixels of
   * the picture, the upper left corner at (0, 0), the middle of the first pixel at (0.5, 0.5). (X, Y, W) = matrix
   * (x, y, 1), x' = X / W, y' = Y / W.
   */
  double to_lead[9];
  /** 1 if gray values had the last word; 0: as exact as the matcher's points, a few pixels. */
  uint32_t aligned;
  /** 0. */
  uint32_t reserved;
} tsp_registration;

/** An anomaly map in the library's memory. 32 bytes. */
typedef struct tsp_map {
  /** sizeof(tsp_map), set by the caller. */
  uint32_t struct_size;
  /** Values in a row, the picture's width. */
  uint32_t width;
  /** Rows, the picture's height. */
  uint32_t height;
  /** 0. */
  uint32_t reserved;
  /** Bytes from one row to the next below it, above 0. */
  int64_t row_stride;
  /** The first value of the top row. Standard deviations, 0 or more; 0 outside of the mask. */
  const float *data;
} tsp_map;

/** A defect region: connected pixels whose anomaly reaches the threshold. 56 bytes; coordinates are the picture's. */
typedef struct tsp_region {
  /** sizeof(tsp_region), set by the caller. */
  uint32_t struct_size;
  /** Left edge of the bounding box. */
  uint32_t x;
  /** Top edge of the bounding box. */
  uint32_t y;
  /** Width of the bounding box. */
  uint32_t width;
  /** Height of the bounding box. */
  uint32_t height;
  /** The highest value of the anomaly map in it. */
  float peak;
  /** Its first run among those of tsp_result_runs. */
  uint32_t first_run;
  /** How many runs it has, at least 1. */
  uint32_t run_count;
  /** Its pixels. */
  uint64_t area;
  /** Mean row of its pixels. */
  double row;
  /** Mean column of its pixels. */
  double column;
} tsp_region;

/** A horizontal chord of a region, as HALCON's gen_region_runs takes it. 12 bytes, for ever: it has no struct_size. */
typedef struct tsp_run {
  /** Row, from the top. */
  int32_t row;
  /** First column. */
  int32_t column_begin;
  /** Last column, included. */
  int32_t column_end;
} tsp_run;

/** Makes an empty result. Free it with tsp_result_destroy. */
tsp_status tsp_result_create(tsp_result **out);

/** Score, verdict and sizes. Errors: STATE, BUSY. */
tsp_status tsp_result_summary(const tsp_result *result, tsp_summary *out);

/**
 * How the picture was moved onto the lead image; a map or a region of the result lies in the picture, not in the lead.
 *
 * Errors: STATE, also if the picture was not registered, BUSY.
 */
tsp_status tsp_result_registration(const tsp_result *result,
                                   tsp_registration *out);

/** The anomaly map, of the picture's size, without copying. Errors: STATE, BUSY. */
tsp_status tsp_result_map(const tsp_result *result, tsp_map *out);

/**
 * Copies the anomaly map into the caller's memory.
 *
 * destination: the first value of the top row. row_stride: bytes from one row to the next, 0 = tightly packed, at least
 * 4 * width. capacity: bytes from destination on; what lies between the rows stays as it is.
 * Errors: STATE, INVALID_ARGUMENT for the stride, BUFFER_TOO_SMALL, BUSY.
 */
tsp_status tsp_result_copy_map(const tsp_result *result,
                               float *destination,
                               int64_t row_stride,
                               uint64_t capacity);

/**
 * The defect regions as a GRAY8 picture of the picture's size, 255 inside and 0 outside, without copying.
 *
 * Errors: STATE, MEMORY, BUSY.
 */
tsp_status tsp_result_mask(const tsp_result *result,
                           tsp_image *out);

/**
 * Defect region number index, from 0; the one with the highest peak comes first.
 *
 * Errors: STATE, INVALID_ARGUMENT if there is no such region, BUSY.
 */
tsp_status tsp_result_region(const tsp_result *result, uint32_t index, tsp_region *out);

/**
 * The runs of all regions, one region after the other, each sorted by row, then by column; without copying.
 *
 * out: the first run; NULL if there is none. count: how many. Errors: STATE, BUSY.
 */
tsp_status tsp_result_runs(const tsp_result *result,
                           const tsp_run **out,
                           uint64_t *count);

/**
 * Draws the anomaly map over a picture, on a colour scale that is tied to the threshold: nothing where it is far
 * from reached, yellow at it, red from twice it on.
 *
 * base: any picture of the map's size, usually the one that was inspected. destination: an RGB8 or BGR8 picture of that
 * size whose pixels are written; it may be base. Errors: STATE before an inspection or without a threshold, IMAGE,
 * IMAGE_SIZE, INVALID_ARGUMENT, UNSUPPORTED, MEMORY, BUSY.
 */
tsp_status tsp_result_render(const tsp_result *result,
                             const tsp_image *base,
                             const tsp_image *destination);

/**
 * What was found as one line of JSON, the object of `twinspect inspect --json` without its keys path and heatmap: score,
 * verdict, thresholds, regions, size, group, lead image, matches, health with what to do, and where the model does so how the part lies and the
 * names of the good parts that it was compared with. A comparison with a variation model has no group, lead and matches.
 *
 * buffer, capacity, needed: see Texts and buffers. Errors: STATE, BUFFER_TOO_SMALL, NUMERIC, BUSY.
 */
tsp_status tsp_result_to_json(const tsp_result *result,
                              char *buffer,
                              uint64_t capacity,
                              uint64_t *needed);

/** Frees the result; NULL is fine. */
void tsp_result_destroy(tsp_result *result);

/*
 * ==== Health and drift ====
 *
 * Whether a picture is one that a verdict can be given on, and whether good parts still score as they did. A camera that is
 * covered, out of focus or set otherwise delivers pictures that no model knows: each is held against the frames of the
 * normal images, and what lies outside has the verdict UNDECIDED, with its score and map all the same. The option health =
 * report leaves the verdict to the score. docs/health.md says what is measured, the limits and what to do.
 */

/** Nothing is wrong with the picture. */
#define TSP_HEALTH_NONE 0
/** Darker than the normal images. */
#define TSP_HEALTH_TOO_DARK 1
/** Brighter than the normal images. */
#define TSP_HEALTH_TOO_BRIGHT 2
/** More of it is black: the lens is covered, or the frame has arrived in part. */
#define TSP_HEALTH_BLACK 4
/** More of it is saturated. */
#define TSP_HEALTH_SATURATED 8
/** Less contrast than the normal images: nothing is seen. */
#define TSP_HEALTH_FLAT 16
/** Less sharp than the normal images. */
#define TSP_HEALTH_BLURRED 32
/** The same picture came right before, as often as the option health.repeats says. */
#define TSP_HEALTH_REPEATED 64
/** Width and height are in another proportion than those of the normal images. */
#define TSP_HEALTH_PROPORTIONS 128
/** No drift was found. */
#define TSP_DRIFT_NONE 0
/** The CUSUM of the scores has reached its limit: good parts score higher than the normal images did. */
#define TSP_DRIFT_RISE 1
/** A window of good parts has other scores than the normal images, by the Kolmogorov-Smirnov test. */
#define TSP_DRIFT_CHANGE 2

/**
 * What a picture is like as a frame of a camera, and the limits that follow from the normal images. 80 bytes.
 *
 * Gray values are those of the pixels that the network sees, from 0 = black to 1 = white, the mean of red, green and blue.
 * A limit is NaN where there is none, and all are if limits_known is 0.
 */
typedef struct tsp_health {
  /** sizeof(tsp_health), set by the caller. */
  uint32_t struct_size;
  /** TSP_HEALTH_* bits, 0 = nothing is wrong. */
  uint32_t findings;
  /** 1; 0 if the model is of an old file, which says nothing of its normal images' frames. */
  uint32_t limits_known;
  /** As in tsp_summary. */
  uint32_t repeats;
  /** Mean gray value, 0 to 1. */
  float brightness;
  /** Below is TSP_HEALTH_TOO_DARK. */
  float brightness_low;
  /** Above is TSP_HEALTH_TOO_BRIGHT. */
  float brightness_high;
  /** Standard deviation of the gray values, 0 to 0.5. */
  float contrast;
  /** Below is TSP_HEALTH_FLAT. */
  float contrast_low;
  /** Mean absolute Laplacian of the gray values, four times a pixel less its four neighbours, 0 to 4. */
  float sharpness;
  /** Below is TSP_HEALTH_BLURRED. */
  float sharpness_low;
  /** Share of pixels of which no channel is above 1 % of white, 0 to 1. */
  float black;
  /** Above is TSP_HEALTH_BLACK. */
  float black_high;
  /** Share of pixels of which a channel reaches 99 % of white, 0 to 1. */
  float saturated;
  /** Above is TSP_HEALTH_SATURATED. */
  float saturated_high;
  /** Width by height of the picture. */
  float proportions;
  /** Below is TSP_HEALTH_PROPORTIONS. */
  float proportions_low;
  /** And above. */
  float proportions_high;
  /** Normal images that the limits follow from. */
  uint32_t images;
  /** 0. */
  uint32_t reserved;
} tsp_health;

/** How the scores of good parts compare with those of the normal images. 88 bytes. */
typedef struct tsp_drift {
  /** sizeof(tsp_drift), set by the caller. */
  uint32_t struct_size;
  /** TSP_DRIFT_* bits, 0 = none was found; they stay until tsp_inspector_reset_drift. */
  uint32_t found;
  /** Good parts so far. */
  uint64_t parts;
  /** The number, from 1, of the good part at which a drift was found first; 0 = none was. */
  uint64_t found_at;
  /** The number of the good part from which on cusum has not been 0: about there a rise began; 0 = it is 0. */
  uint64_t rising_since;
  /** The sum of what the logarithms of scores are above their mean, 0 or more, in standard deviations. */
  double cusum;
  /** From here on TSP_DRIFT_RISE is found. */
  double cusum_limit;
  /** What is not added of each part. */
  double cusum_allowance;
  /**
   * The largest distance between the distribution functions of the last full window and of the normal images, 0 to 1; NaN
   * before there is one.
   */
  double ks_distance;
  /** The chance of one as large if nothing has changed; NaN before there is one. */
  double ks_p;
  /** Below that TSP_DRIFT_CHANGE is found. */
  double ks_least_p;
  /** Good parts in a window. */
  uint32_t window;
  /** Normal images that they are compared with. */
  uint32_t references;
} tsp_drift;

/**
 * What the picture is like and what is wrong with it; tsp_result_to_json says it in words.
 *
 * Errors: STATE, also after a comparison of gray values by a variation model, BUSY.
 */
tsp_status tsp_result_health(const tsp_result *result, tsp_health *out);

/**
 * How the scores of the pictures that this inspector has found good compare with those of the normal images, each of which
 * was scored against the others: a one-sided CUSUM and a two-sample Kolmogorov-Smirnov test on their logarithms.
 *
 * Counted are pictures of verdict GOOD with which nothing is wrong. Other thresholds (tsp_inspector_set_thresholds) begin
 * anew. Errors: STATE if the model has fewer than 5 such normal images, BUSY.
 */
tsp_status tsp_inspector_drift(const tsp_inspector *inspector,
                               tsp_drift *out);

/** Begins the comparison anew with the next picture, as after the lamp was changed. Errors: as tsp_inspector_drift. */
tsp_status tsp_inspector_reset_drift(tsp_inspector *inspector);

/*
 * ==== Batches ====
 *
 * Several pictures in one call, for programs whose language makes calls costly, or that want to watch and cancel.
 */

/**
 * Inspects count pictures, as many at once as the option lanes says; each as tsp_inspector_inspect does, one after the other,
 * whether or not others fail.
 *
 * images, masks, results: arrays of count pointers; masks may be NULL, and so may each of its pointers. statuses: what
 * became of each picture, NULL = not wanted. Whoever watches may read the results of pictures that are done; if that
 * function cancels, the pictures that are left have the status CANCELLED, and their results stay as they were.
 *
 * Returns the first failure, which is also the last error, and whose where names the picture: `images[3]`. NULL arrays,
 * a count that no memory can hold, and BUSY for inspector are failures of the whole call, and statuses are not written.
 * Errors: those of tsp_inspector_inspect, CANCELLED.
 */
tsp_status tsp_inspector_inspect_batch(tsp_inspector *inspector,
                                       const tsp_image *const *images,
                                       const tsp_image *const *masks,
                                       uint64_t count,
                                       tsp_result *const *results,
                                       tsp_status *statuses);

/**
 * Sets who watches tsp_inspector_inspect_batch; function NULL = nobody. user_data is handed to function and never looked
 * at. Errors: BUSY.
 */
tsp_status tsp_inspector_set_progress(tsp_inspector *inspector,
                                      tsp_progress function,
                                      void *user_data);

/*
 * ==== Thresholds ====
 *
 * For programs that keep the scores of pictures which the model has not learned from, and set thresholds by them. A model
 * has thresholds of its own already, found at the rate of the option verdict.false_alarm_rate.
 */

/** Read off the scores: as many good parts lie above it as the rate says. */
#define TSP_METHOD_COUNTED 1
/** Extrapolated from the highest scores of good parts. */
#define TSP_METHOD_TAIL 2
/** Two to four good parts: a guess, as if the logarithms of scores were normal. */
#define TSP_METHOD_LOG_NORMAL 3
/** Between good and defective parts. */
#define TSP_METHOD_BETWEEN 4

/** A threshold, and how far it can be relied on. 56 bytes. */
typedef struct tsp_threshold {
  /** sizeof(tsp_threshold), set by the caller. */
  uint32_t struct_size;
  /** How it was found: a TSP_METHOD_*. */
  int32_t method;
  /** Scores from here on are defects. */
  float threshold;
  /** 0. */
  uint32_t reserved;
  /**
   * The share of good parts that it will in fact call defective lies, with a chance of 90 %, above this; NaN if it was
   * found between good and defective parts.
   */
  double rate_low;
  /** And below this. */
  double rate_high;
  /** How many good parts it takes to count the rate off their scores; 0 if no rate was asked for. */
  uint64_t images_needed;
  /** Good parts among the scores that it calls defective. */
  uint64_t false_alarms;
  /** Defective parts among the scores that it calls good. */
  uint64_t misses;
} tsp_threshold;

/**
 * Finds a threshold by the scores of pictures that the model has not learned from.
 *
 * scores: count of them, of images or of the highest values of anomaly maps. labels: for each 0 = of a good part, other =
 * of a defective one; NULL = all good. false_alarm_rate: share of good parts that may be called defective, 0.000001 to 0.5;
 * then the good parts alone say where the threshold lies. 0 = between the good and the defective parts: with the least sum
 * of both shares of mistakes, in the geometric middle of its gap between two scores.
 *
 * Errors: INVALID_ARGUMENT for the rate or count, NUMERIC for a score that is negative or not finite, TOO_FEW_IMAGES for
 * fewer than 2 good parts, too few for the rate, or for 0 no good or no defective one.
 */
tsp_status tsp_threshold_from_scores(const float *scores,
                                     const uint8_t *labels,
                                     uint64_t count,
                                     double false_alarm_rate,
                                     tsp_threshold *out);

/*
 * ==== Variation models ====
 *
 * HALCON's variation model, call by call: create, train (often), prepare, compare; docs/from-halcon.md has the table. The
 * option variation.engine says what is compared. `pixels`, the default, needs no network, and finds what HALCON's documented
 * formulas say: a gray value c is a defect if
 *
 *   c > ideal + max(abs_threshold[0], var_threshold[0] * variation)   too light, or
 *   c < ideal - max(abs_threshold[1], var_threshold[1] * variation)   too dark.
 *
 * `features` puts the formula on anomaly maps: a distance d is a defect if
 *
 *   d > mean + max(abs_threshold[s], var_threshold[s] * deviation),
 *
 * mean and deviation those of the maps of the training pictures, each against all others, and s = 0 where the picture is
 * lighter than the ideal, 1 where it is darker. A negative abs_threshold is automatic: the threshold that the maps of good
 * parts are calibrated to reach is in the place of mean + abs_threshold.
 *
 * `both` compares both, with abs_threshold in gray values for the one and automatic for the other. variation.decides says
 * whose result is returned; the other one is written down beside it, in the folder that shadow.folder names, and what they
 * disagree about is logged. The program twinspect makes a report of the folder.
 *
 * Pictures are GRAY8 for BYTE and GRAY16 for UINT2, all of one size, and show the part in the same place; white is looked
 * at by features only. Any number of threads may compare with one variation model at once. What a call out of order gets is
 * STATE.
 *
 * A result holds a comparison as it holds an inspection: runs, regions, mask, JSON. Its map and peaks say how far a pixel is
 * beyond its limit, 0 = within, in gray values or in the units of the anomaly map, and its score is the highest of them; the
 * thresholds are NaN, as the limits are images, so that tsp_result_render answers STATE. The verdict is TSP_VERDICT_DEFECT if
 * any pixel is outside; of features TSP_VERDICT_UNDECIDED if the picture matches no lead image.
 */

/** GRAY8. */
#define TSP_VARIATION_TYPE_BYTE 1
/** GRAY16. */
#define TSP_VARIATION_TYPE_UINT2 2
/** UNSUPPORTED: add 32768 to each gray value, and use UINT2. Limits move with it, differences stay the same. */
#define TSP_VARIATION_TYPE_INT2 3
/** Mean and standard deviation (divided by the number of images) of all images so far. */
#define TSP_VARIATION_MODE_STANDARD 1
/** Median and median absolute deviation, times 1.4826, of the images of one call. */
#define TSP_VARIATION_MODE_ROBUST 2
/** Both are given to tsp_variation_prepare_direct. */
#define TSP_VARIATION_MODE_DIRECT 3
/** Too light or too dark, regions of both together. */
#define TSP_VARIATION_COMPARE_ABSOLUTE 1
/** Too light. */
#define TSP_VARIATION_COMPARE_LIGHT 2
/** Too dark. */
#define TSP_VARIATION_COMPARE_DARK 3
/** Both, each in regions of its own: first the light ones; those that are too dark have negative peaks, as has the map. */
#define TSP_VARIATION_COMPARE_LIGHT_DARK 4
/** What a good part looks like. */
#define TSP_VARIATION_IMAGE_IDEAL 1
/** How much good parts vary. */
#define TSP_VARIATION_IMAGE_VARIATION 2
/** Gray values below it are too dark. */
#define TSP_VARIATION_IMAGE_LOWER 3
/** Gray values above it are too light. */
#define TSP_VARIATION_IMAGE_UPPER 4
/** Gray values. */
#define TSP_VARIATION_ENGINE_PIXELS 1
/** Anomaly maps. */
#define TSP_VARIATION_ENGINE_FEATURES 2
/** Both. */
#define TSP_VARIATION_ENGINE_BOTH 3

/** Gray values of good parts, and limits for those of others. */
typedef struct tsp_variation tsp_variation;

/** What gray values pictures have: a TSP_VARIATION_TYPE_*. */
typedef int32_t tsp_variation_type;

/** How the ideal image and its variation come about: a TSP_VARIATION_MODE_*. */
typedef int32_t tsp_variation_mode;

/** Which gray values are defects: a TSP_VARIATION_COMPARE_*. */
typedef int32_t tsp_variation_sides;

/** Which image of a variation model: a TSP_VARIATION_IMAGE_*. */
typedef int32_t tsp_variation_image;

/** What a variation model is. 32 bytes. */
typedef struct tsp_variation_summary {
  /** sizeof(tsp_variation_summary), set by the caller. */
  uint32_t struct_size;
  /** Of its pictures, in pixels. */
  uint32_t width;
  /** As width. */
  uint32_t height;
  /** A TSP_VARIATION_TYPE_*. */
  int32_t type;
  /** A TSP_VARIATION_MODE_*. */
  int32_t mode;
  /** A TSP_VARIATION_ENGINE_*. */
  int32_t engine;
  /** 1 if it can compare, otherwise 0. */
  uint32_t prepared;
  /** 0. */
  uint32_t reserved;
} tsp_variation_summary;

/**
 * Makes a variation model of nothing yet. Free it with tsp_variation_clear.
 *
 * options: NULL = the defaults; those of a fitter where features are compared.
 * Errors: IMAGE_SIZE, INVALID_ARGUMENT for an unknown type or mode, UNSUPPORTED for INT2, or DIRECT with features; of features
 * WEIGHTS, DEVICE; of both IO if shadow.folder cannot be written to.
 */
tsp_status tsp_variation_create(uint32_t width,
                                uint32_t height,
                                tsp_variation_type type,
                                tsp_variation_mode mode,
                                const tsp_options *options,
                                tsp_variation **out);

/**
 * Learns from count pictures of good parts; images is an array of count pointers.
 *
 * In mode STANDARD they are added to those of earlier calls, in any order and portions. In mode ROBUST earlier calls are
 * forgotten, so all pictures must be given at once. Limits stay as they are until tsp_variation_prepare is called again;
 * where features are compared, copies of the pictures are kept until then.
 * Errors: STATE in mode DIRECT or after tsp_variation_clear_train_data, TOO_FEW_IMAGES for none, INVALID_ARGUMENT for more
 * than 65535, IMAGE, IMAGE_SIZE, UNSUPPORTED, BUSY. The error's where names the picture: `images[3]`.
 */
tsp_status tsp_variation_train(tsp_variation *variation,
                               const tsp_image *const *images,
                               uint64_t count);

/**
 * Makes the limits of what was learned, by the formulas above.
 *
 * abs_threshold, var_threshold: two numbers each, for too light and for too dark, 0 or more; HALCON's single value is the
 * same number twice. Of features, abs_threshold is in the units of the anomaly map, and a negative one automatic; a warning
 * is logged if it looks like a gray value. Where features are compared, pictures that were trained since the last call are
 * fitted now, which takes about as long as inspecting them.
 * Errors: STATE before tsp_variation_train, in mode DIRECT, or after tsp_variation_clear_train_data; INVALID_ARGUMENT for a
 * number that is negative or not finite, BUSY; of features TOO_FEW_IMAGES for an automatic threshold, NUMERIC, MEMORY, IO.
 */
tsp_status tsp_variation_prepare(tsp_variation *variation,
                                 const double *abs_threshold,
                                 const double *var_threshold);

/**
 * Makes the limits of a picture of a good part and of one that says how much it may vary, in mode DIRECT.
 *
 * reference: of the variation model's type. variation_image: GRAY8, GRAY16 or GRAYF32, in gray values, 0 or more; often
 * the edges of the reference. The thresholds are those of tsp_variation_prepare.
 * Errors: STATE in another mode, INVALID_ARGUMENT as tsp_variation_prepare, IMAGE, IMAGE_SIZE, UNSUPPORTED, BUSY.
 */
tsp_status tsp_variation_prepare_direct(tsp_variation *variation,
                                        const tsp_image *reference,
                                        const tsp_image *variation_image,
                                        const double *abs_threshold,
                                        const double *var_threshold);

/**
 * Finds what is too light or too dark; as tsp_variation_compare_ext with ABSOLUTE.
 *
 * mask: what of it is compared, as a reduced domain does in HALCON; NULL = all. result: what was found replaces what was in
 * it; it stays as it was if the call fails.
 * Errors: STATE before the variation model is prepared, IMAGE, IMAGE_SIZE, UNSUPPORTED, BUSY; of features NUMERIC, MEMORY.
 */
tsp_status tsp_variation_compare(const tsp_variation *variation,
                                 const tsp_image *image,
                                 const tsp_image *mask,
                                 tsp_result *result);

/** Finds what is too light, too dark, or either. Errors: as tsp_variation_compare; INVALID_ARGUMENT for an unknown mode. */
tsp_status tsp_variation_compare_ext(const tsp_variation *variation,
                                     const tsp_image *image,
                                     const tsp_image *mask,
                                     tsp_variation_sides mode,
                                     tsp_result *result);

/**
 * Writes one of the variation model's images into the caller's memory, in gray values.
 *
 * destination: a GRAYF32 picture of the variation model's size whose pixels are written. Limits may lie outside of the
 * gray values that there are. Of features alone, UPPER and LOWER are the highest values of a good part's anomaly map, where
 * the picture is lighter and where it is darker than the ideal. Errors: STATE if there is no such image (yet, or since tsp_variation_clear_train_data),
 * INVALID_ARGUMENT for an unknown image, IMAGE, IMAGE_SIZE, UNSUPPORTED, BUSY.
 */
tsp_status tsp_variation_get_image(const tsp_variation *variation,
                                   tsp_variation_image which,
                                   const tsp_image *destination);

/**
 * Forgets all but the limits, for less memory and a smaller file; nothing more can be learned then. Errors: STATE before
 * the variation model is prepared, BUSY.
 */
tsp_status tsp_variation_clear_train_data(tsp_variation *variation);

/**
 * Writes the variation model to a file, training data and limits, as far as there are any. A file of that name is replaced
 * in one step or, if anything fails, left as it is. Errors: IO, NOT_FOUND for a folder that does not exist, BUSY.
 */
tsp_status tsp_variation_write(const tsp_variation *variation,
                               const char *path);

/**
 * Writes the content of the variation model's file into the caller's buffer (serialize_variation_model).
 *
 * buffer, capacity, needed: see Texts and buffers; asking for the size costs as much as writing.
 * Errors: BUFFER_TOO_SMALL, BUSY.
 */
tsp_status tsp_variation_write_memory(const tsp_variation *variation,
                                      void *buffer,
                                      uint64_t capacity,
                                      uint64_t *needed);

/**
 * Reads a file that tsp_variation_write wrote; HALCON's own cannot be read. Free the variation model with
 * tsp_variation_clear.
 *
 * options: as tsp_variation_create; without variation.engine it compares what it compared when it was written. Errors:
 * NOT_FOUND, IO (also for a folder, device or pipe), FORMAT for a file that is damaged or no variation model, VERSION,
 * UNSUPPORTED if features are asked for and the file has none; of features WEIGHTS, DEVICE.
 */
tsp_status tsp_variation_read(const char *path,
                              const tsp_options *options,
                              tsp_variation **out);

/**
 * Reads a variation model from the content of its file, size bytes at data, which are not kept. Errors: as
 * tsp_variation_read.
 */
tsp_status tsp_variation_read_memory(const void *data,
                                     uint64_t size,
                                     const tsp_options *options,
                                     tsp_variation **out);

/** What the variation model is: size, type, mode, engine, and whether it can compare; of one that was read, too. Errors: BUSY. */
tsp_status tsp_variation_info(const tsp_variation *variation,
                              tsp_variation_summary *out);

/** Frees the variation model, as HALCON's clear_variation_model does; NULL is fine. */
void tsp_variation_clear(tsp_variation *variation);

/*
 * ==== Devices ====
 *
 * Which values the option device takes on this machine. The CPU is always there and comes first.
 */

/** A place to compute at. 40 bytes; the texts live for ever. */
typedef struct tsp_device {
  /** sizeof(tsp_device), set by the caller. */
  uint32_t struct_size;
  /** Major version of what a GPU can do, its compute capability; 0 of the CPU or if unknown. */
  uint32_t compute_major;
  /** Its minor version. */
  uint32_t compute_minor;
  /** 0. */
  uint32_t reserved;
  /** The value of the option device for it, such as "cpu" or "cuda:0". */
  const char *option;
  /** "CPU", or the vendor's name of the GPU. */
  const char *name;
  /** Its memory in bytes; 0 if unknown. */
  uint64_t memory_bytes;
} tsp_device;

/**
 * How many devices there are, at least 1.
 *
 * Without a CUDA build of libtorch GPUs do not count. Where there is one, the first call loads it, which takes a while.
 */
tsp_status tsp_device_count(uint64_t *out);

/**
 * What there is to know about device number index, from 0, which is the CPU.
 *
 * Errors: INVALID_ARGUMENT if there is no such device.
 */
tsp_status tsp_device_info(uint64_t index, tsp_device *out);

/*
 * ==== Log ====
 *
 * The library never writes to standard output or error. What it has to say beside its statuses goes to one function of
 * the program, for the whole process; without one it is silent.
 */

/** Nothing. */
#define TSP_LOG_OFF 0
/** Defects of twinspect, the status of which is PANIC. */
#define TSP_LOG_ERROR 1
/** What a person should know before relying on a model that was fitted or loaded, too. */
#define TSP_LOG_WARNING 2
/** Each model that was fitted or loaded, too. */
#define TSP_LOG_INFO 3

/**
 * Takes one message, a line without its end; level is a TSP_LOG_*, message lives during the call.
 *
 * Called on the thread that called the library, which may be any, but on one at a time. It must not throw or longjmp. What
 * the library would say during the call is not said.
 */
typedef void (*tsp_log)(void *user_data, int32_t level, const char *message);

/**
 * Sends messages of this level and of those below it to function, for the whole process; NULL or TSP_LOG_OFF = silence,
 * as at the start. When the call returns, the function of before is not called any more.
 *
 * user_data is handed to function and never looked at. Errors: INVALID_ARGUMENT for an unknown level, BUSY from the log
 * function itself.
 */
tsp_status tsp_set_log(int32_t level,
                       tsp_log function,
                       void *user_data);

#ifdef __cplusplus
}
#endif

#endif /* TWINSPECT_H */
