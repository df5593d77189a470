"""One frozen train step of ResNet50 v1.5 in a bare loop: nothing of the suite, written as one would write it for a stopwatch.

Reads a number of steps a line, does them, writes the seconds they took. Arguments: batch size, threads.
"""

import sys
import time

import keras
import tensorflow as tf
from keras import layers

batch_size, threads = int(sys.argv[1]), int(sys.argv[2])
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)


def convolution(inputs, filters, kernel=1, stride=1):
    if stride > 1 and kernel > 1:  # "same" pads more at the end there
        inputs = layers.ZeroPadding2D(kernel // 2)(inputs)
    outputs = layers.Conv2D(filters, kernel, stride, padding="same" if stride == 1 else "valid", use_bias=False)(inputs)
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(outputs)


def block(inputs, filters, stride, projected):
    outputs = layers.ReLU()(convolution(inputs, filters))
    outputs = layers.ReLU()(convolution(outputs, filters, 3, stride))
    outputs = convolution(outputs, 4 * filters)
    return layers.ReLU()(outputs + (convolution(inputs, 4 * filters, 1, stride) if projected else inputs))


inputs = keras.Input((224, 224, 3))
outputs = layers.ReLU()(convolution(inputs, 64, 7, 2))
outputs = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(outputs))
for stage, blocks in enumerate((3, 4, 6, 3)):
    for index in range(blocks):
        outputs = block(outputs, 64 * 2**stage, 2 if stage and not index else 1, index == 0)
backbone = keras.Model(inputs, layers.GlobalAveragePooling2D()(outputs))
backbone.trainable = False
head = keras.Sequential([layers.Dense(128, activation="relu"), layers.Dropout(0.5), layers.Dense(102)])
model = keras.Sequential([backbone, head])
model.build((None, 224, 224, 3))
images, labels = tf.random.normal((batch_size, 224, 224, 3)), tf.random.uniform((batch_size,), 0, 102, tf.int64)
optimizer = keras.optimizers.Adam(1e-3)
optimizer.build(model.trainable_variables)


@tf.function(jit_compile=False)
def train(images, labels):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, model(images, training=True)))
    optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
    return loss


for line in sys.stdin:
    start = time.perf_counter()
    for _ in range(int(line)):
        loss = train(images, labels)
    loss.numpy()
    print(time.perf_counter() - start, flush=True)
